// SPDX-License-Identifier: BSD-2-Clause
// protobuf in JSON, of which nothing is trusted to have the right type.
#include "acme_core/fleet/etcd_json.h"

#include <algorithm>
#include <charconv>
#include <limits>
#include <nlohmann/json.hpp>

#include "acme_core/crypto/base64url.h"
#include "acme_core/env/log.h"
#include "acme_core/error.h"
#include "acme_core/storage/json_members.h"

namespace acme {
namespace {

using nlohmann::json;

constexpr int kHttpOk = 200;
constexpr std::size_t kMostWords = 200;

std::optional<std::string> base64_decode(std::string text) {
  if (text.size() % 4 != 0 || text.find_first_of("-_") != std::string::npos) {
    return std::nullopt;
  }
  for (int i = 0; i < 2 && text.ends_with('='); ++i) {
    text.pop_back();
  }
  std::replace(text.begin(), text.end(), '+', '-');
  std::replace(text.begin(), text.end(), '/', '_');
  const auto bytes = base64url_decode(text);
  if (!bytes) {
    return std::nullopt;
  }
  return std::string(bytes->begin(), bytes->end());
}

int small_number_of(const nlohmann::json& object, const char* name) {
  const std::int64_t number = number_of(object, name);
  return number > 0 && number <= 1000 ? static_cast<int>(number) : 0;
}

void read_error(const nlohmann::json& error, EtcdRefusal& refusal) {
  refusal.code = small_number_of(error, "grpc_code");
  if (refusal.code == 0) {
    refusal.code = small_number_of(error, "code");
  }
  refusal.words = printable(text_of(error, "message"), kMostWords);
}

}  // namespace

// It differs from JOSE's in two letters and its padding.
std::string etcd_base64(std::string_view bytes) {
  std::string text = base64url_encode(bytes);
  std::replace(text.begin(), text.end(), '-', '+');
  std::replace(text.begin(), text.end(), '_', '/');
  text.append((4 - text.size() % 4) % 4, '=');
  return text;
}

void throw_not_etcd() {
  throw Error(ErrorKind::kUnavailable,
              "what was answered is not as etcd answers");
}

// A member that is absent has its type's first value: 0.
std::int64_t int64_in(const json& object, const char* name) {
  const json* member = find_member(object, name);
  if (member == nullptr) {
    return 0;
  }
  if (member->is_number_unsigned()) {
    const auto number = member->get<std::uint64_t>();
    if (number <= std::numeric_limits<std::int64_t>::max()) {
      return static_cast<std::int64_t>(number);
    }
  } else if (member->is_number_integer()) {
    return member->get<std::int64_t>();
  } else if (member->is_string()) {
    const auto& text = member->get_ref<const std::string&>();
    std::int64_t number = 0;
    const char* const end = text.data() + text.size();
    const auto [rest, problem] = std::from_chars(text.data(), end, number);
    if (problem == std::errc() && rest == end) {
      return number;
    }
  }
  throw_not_etcd();
}

std::string bytes_in(const json& object, const char* name) {
  const json* member = find_member(object, name);
  if (member == nullptr) {
    return {};
  }
  auto bytes = member->is_string() ? base64_decode(member->get<std::string>())
                                   : std::nullopt;
  if (!bytes) {
    throw_not_etcd();
  }
  return *std::move(bytes);
}

bool bool_in(const json& object, const char* name) {
  const json* member = find_member(object, name);
  if (member != nullptr && !member->is_boolean()) {
    throw_not_etcd();
  }
  return member != nullptr && member->get<bool>();
}

// A copy: a static default would be destroyed at exit while threads still read.
json list_in(const json& object, const char* name) {
  const json* member = find_member(object, name);
  if (member != nullptr && !member->is_array()) {
    throw_not_etcd();
  }
  return member == nullptr ? json::array() : *member;
}

// Of a call: {"error":TEXT,"message":TEXT,"code":N}; of a stream, or since 3.6:
// {"error":{"grpc_code":N,"message":TEXT}}; of a watch alone:
// {"result":{"canceled":true,"cancel_reason":TEXT}}.
std::optional<EtcdRefusal> etcd_refusal_in(int http_status,
                                           const nlohmann::json& answer) {
  EtcdRefusal refusal;
  refusal.http_status = http_status;
  const nlohmann::json* error = find_member(answer, "error");
  if (error != nullptr && error->is_object()) {
    read_error(*error, refusal);
    return refusal;
  }
  if (http_status != kHttpOk) {
    read_error(answer, refusal);
    return refusal;
  }
  if (error != nullptr) {
    // A lease is granted or not with HTTP 200.
    refusal.words = printable(text_of(answer, "error"), kMostWords);
    return refusal.words.empty() ? std::nullopt : std::optional(refusal);
  }
  const nlohmann::json* result = find_member(answer, "result");
  if (result != nullptr && flag_of(*result, "canceled") &&
      find_member(*result, "compact_revision") == nullptr) {
    refusal.words = printable(text_of(*result, "cancel_reason"), kMostWords);
    refusal.is_cancelled_watch = true;
    return refusal;
  }
  return std::nullopt;
}

}  // namespace acme
