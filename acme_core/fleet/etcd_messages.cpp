// SPDX-License-Identifier: BSD-2-Clause
// etcd's rpc.proto in JSON (etcd.io/docs/v3.5/dev-guide/api_grpc_gateway).
#include "acme_core/fleet/etcd_messages.h"

#include <algorithm>
#include <charconv>
#include <cstdint>
#include <nlohmann/json.hpp>
#include <utility>

#include "acme_core/error.h"
#include "acme_core/fleet/etcd_json.h"
#include "acme_core/fleet/etcd_refusal.h"
#include "acme_core/storage/json_members.h"

namespace acme {
namespace {

using nlohmann::json;

// Keys from `first` on that are less than `end`; "\0" as `end` is all others.
struct EtcdKeys {
  std::string first;
  std::string end;
};

EtcdKeys etcd_keys_of(std::string_view prefix) {
  const std::string zero(1, '\0');
  std::string end(prefix);
  while (!end.empty() && static_cast<unsigned char>(end.back()) == 0xff) {
    end.pop_back();
  }
  if (end.empty()) {
    end = zero;
  } else {
    ++end.back();
  }
  return {prefix.empty() ? zero : std::string(prefix), end};
}

// nullopt: no lease of etcd's has such a name.
std::optional<std::int64_t> lease_of(const TreeSession& session) {
  std::int64_t lease = 0;
  const char* const end = session.data() + session.size();
  const auto [rest, problem] = std::from_chars(session.data(), end, lease);
  if (problem != std::errc() || rest != end || lease <= 0) {
    return std::nullopt;
  }
  return lease;
}

// No store is at revision 0.
TreeRevision revision_in(const json& answer) {
  const json* header = find_member(answer, "header");
  const TreeRevision revision =
      header == nullptr ? 0 : int64_in(*header, "revision");
  if (revision <= 0) {
    throw_not_etcd();
  }
  return revision;
}

std::string cluster_in(const json& answer) {
  const json* header = find_member(answer, "header");
  return header == nullptr ? std::string() : text_of(*header, "cluster_id");
}

// The path of a KeyValue.
std::string path_in(const json& pair, std::string_view prefix) {
  const std::string key = bytes_in(pair, "key");
  if (!key.starts_with(prefix)) {
    throw_not_etcd();
  }
  return key.substr(prefix.size());
}

TreeRevision modified_in(const json& pair) {
  const TreeRevision revision = int64_in(pair, "mod_revision");
  if (revision <= 0) {
    throw_not_etcd();
  }
  return revision;
}

TreeChange change_of(const json& event, std::string_view prefix) {
  const json* pair = find_member(event, "kv");
  if (pair == nullptr) {
    throw_not_etcd();
  }
  TreeChange change{path_in(*pair, prefix), std::nullopt, modified_in(*pair)};
  const json* type = find_member(event, "type");
  if (type == nullptr || *type == "PUT" || *type == 0) {
    change.value = bytes_in(*pair, "value");
  } else if (*type != "DELETE" && *type != 1) {
    throw_not_etcd();
  }
  return change;
}

// Of one reply, read once: some are large.
struct Answer {
  json object;
  std::optional<EtcdRefusal> refusal;

  explicit Answer(const EtcdReply& reply)
      : object(parse_object(reply.body)),
        refusal(etcd_refusal_in(reply.status, object)) {}

  [[nodiscard]] bool is(bool (*about)(const EtcdRefusal&)) const {
    return refusal && about(*refusal);
  }
  [[nodiscard]] const json& success() const {
    if (refusal) {
      throw error_of(*refusal);
    }
    if (object.is_null()) {
      throw_not_etcd();
    }
    return object;
  }
  // The same of what comes in a stream.
  [[nodiscard]] const json& result() const {
    const json* result = find_member(success(), "result");
    if (result == nullptr || !result->is_object()) {
      throw_not_etcd();
    }
    return *result;
  }
};

json lease_request(const TreeSession& session) {
  return {{"ID", std::to_string(lease_of(session).value_or(0))}};
}

}  // namespace

EtcdQuestion etcd_range(std::string_view prefix, std::size_t limit,
                        std::string_view from, TreeRevision revision) {
  const EtcdKeys keys = etcd_keys_of(prefix);
  return {"/v3/kv/range",
          to_text({{"key", etcd_base64(from.empty() ? keys.first : from)},
                   {"range_end", etcd_base64(keys.end)},
                   {"limit", std::to_string(limit)},
                   {"revision", std::to_string(revision)}})};
}

EtcdQuestion etcd_probe(std::string_view prefix) {
  const EtcdKeys keys = etcd_keys_of(prefix);
  return {"/v3/kv/range", to_text({{"key", etcd_base64(keys.first)},
                                   {"range_end", etcd_base64(keys.end)},
                                   {"limit", "1"},
                                   {"keys_only", true}})};
}

std::optional<EtcdQuestion> etcd_write(const std::string& prefix,
                                       const std::vector<TreeWrite>& writes,
                                       const std::vector<TreeGuard>& guards) {
  json compare = json::array();
  for (const TreeGuard& guard : guards) {
    compare.push_back({{"key", etcd_base64(prefix + guard.path)},
                       {"target", "MOD"},
                       {"result", "EQUAL"},
                       {"mod_revision", std::to_string(guard.revision)}});
  }
  json success = json::array();
  for (const TreeWrite& write : writes) {
    json key = etcd_base64(prefix + write.path);
    if (!write.value) {
      success.push_back({{"request_delete_range", {{"key", std::move(key)}}}});
      continue;
    }
    json put{{"key", std::move(key)}, {"value", etcd_base64(*write.value)}};
    if (!write.session.empty()) {
      const auto lease = lease_of(write.session);
      if (!lease) {
        return std::nullopt;
      }
      put["lease"] = std::to_string(*lease);
    }
    success.push_back({{"request_put", std::move(put)}});
  }
  return EtcdQuestion{"/v3/kv/txn",
                      to_text({{"compare", std::move(compare)},
                               {"success", std::move(success)}}),
                      /*once=*/true};
}

EtcdQuestion etcd_grant(std::chrono::milliseconds time_to_live) {
  const auto seconds = std::chrono::ceil<std::chrono::seconds>(time_to_live);
  return {"/v3/lease/grant",
          to_text({{"TTL", std::to_string(
                               std::max<std::int64_t>(1, seconds.count()))}})};
}

EtcdQuestion etcd_keep_alive(const TreeSession& session) {
  return {"/v3/lease/keepalive", to_text(lease_request(session))};
}

EtcdQuestion etcd_revoke(const TreeSession& session) {
  return {"/v3/lease/revoke", to_text(lease_request(session))};
}

EtcdQuestion etcd_watch(std::string_view prefix, TreeRevision from) {
  const EtcdKeys keys = etcd_keys_of(prefix);
  return {"/v3/watch", to_text({{"create_request",
                                 {{"key", etcd_base64(keys.first)},
                                  {"range_end", etcd_base64(keys.end)},
                                  {"start_revision", std::to_string(from)},
                                  {"progress_notify", true},
                                  {"fragment", true}}}})};
}

EtcdQuestion etcd_login(const std::string& user, const SecretBytes& password) {
  constexpr std::string_view kHex = "0123456789abcdef";
  constexpr std::size_t kLongestEscape = 6;
  std::string body = R"({"name":)" + to_text(user) + R"(,"password":")";
  // Otherwise copies of its beginning stay behind while it grows.
  body.reserve(body.size() + password.size() * kLongestEscape + 2);
  for (const std::uint8_t byte : password) {
    if (byte < 0x20 || byte == '"' || byte == '\\') {
      body.append("\\u00") += kHex[byte >> 4];
      body += kHex[byte & 0xf];
    } else {
      body += static_cast<char>(byte);
    }
  }
  body += R"("})";
  return {"/v3/auth/authenticate", std::move(body)};
}

EtcdPage read_etcd_page(const EtcdReply& reply, std::string_view prefix) {
  EtcdPage page;
  const Answer answer(reply);
  page.is_compacted = answer.is(is_about_compaction);
  if (page.is_compacted) {
    return page;
  }
  const json& range = answer.success();
  page.revision = revision_in(range);
  page.cluster = cluster_in(range);
  page.has_more = bool_in(range, "more");
  for (const json& pair : list_in(range, "kvs")) {
    page.entries.push_back(
        {path_in(pair, prefix), bytes_in(pair, "value"), modified_in(pair)});
  }
  if (page.has_more && page.entries.empty()) {
    throw_not_etcd();
  }
  return page;
}

std::optional<TreeRevision> read_etcd_write(const EtcdReply& reply) {
  const Answer answer(reply);
  if (answer.is(is_about_lease)) {
    return std::nullopt;
  }
  const TreeRevision revision = revision_in(answer.success());
  if (!bool_in(answer.success(), "succeeded")) {
    return std::nullopt;
  }
  return revision;
}

TreeSession read_etcd_grant(const EtcdReply& reply) {
  const std::int64_t lease = int64_in(Answer(reply).success(), "ID");
  if (lease <= 0) {
    throw_not_etcd();
  }
  return std::to_string(lease);
}

bool read_etcd_keep_alive(const EtcdReply& reply) {
  const Answer answer(reply);
  return !answer.is(is_about_lease) && int64_in(answer.result(), "TTL") > 0;
}

void read_etcd_revoke(const EtcdReply& reply) {
  const Answer answer(reply);
  if (!answer.is(is_about_lease)) {
    static_cast<void>(answer.success());
  }
}

EtcdWatchMessage read_etcd_watch(const EtcdReply& reply,
                                 std::string_view prefix) {
  EtcdWatchMessage message;
  const Answer answer(reply);
  message.is_compacted = answer.is(is_about_compaction) ||
                         int64_in(answer.result(), "compact_revision") > 0;
  if (message.is_compacted) {
    return message;
  }
  const json& result = answer.result();
  message.revision = revision_in(result);
  message.cluster = cluster_in(result);
  message.is_created = bool_in(result, "created");
  message.is_fragment = bool_in(result, "fragment");
  for (const json& event : list_in(result, "events")) {
    message.changes.push_back(change_of(event, prefix));
  }
  return message;
}

SecretBytes read_etcd_token(EtcdReply reply) {
  json answer = parse_object(reply.body);
  wipe(reply.body.data(), reply.body.size());
  if (const auto refusal = etcd_refusal_in(reply.status, answer)) {
    if (is_about_authentication_off(*refusal)) {
      return {};
    }
    throw login_error_of(*refusal);
  }
  const auto member = answer.is_object() ? answer.find("token") : answer.end();
  if (member == answer.end() || !member->is_string()) {
    throw_not_etcd();
  }
  auto& text = member->get_ref<std::string&>();
  const bool is_token =
      !text.empty() && std::all_of(text.begin(), text.end(), [](char c) {
        return c > ' ' && c < '\x7f';
      });
  SecretBytes token(text.begin(), text.end());
  wipe(text.data(), text.size());
  if (!is_token) {
    throw_not_etcd();
  }
  return token;
}

bool wants_new_etcd_token(const EtcdReply& reply) {
  // Refusals are short, unlike what need not be read twice.
  constexpr std::size_t kLongestRefusal = 4096;
  return reply.body.size() <= kLongestRefusal &&
         Answer(reply).is(is_about_token);
}

}  // namespace acme
