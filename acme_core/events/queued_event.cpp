// SPDX-License-Identifier: BSD-2-Clause
// An event that waits for its delivery.
#include "acme_core/events/queued_event.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdint>
#include <cstdio>
#include <nlohmann/json.hpp>

#include "acme_core/json_text.h"

namespace acme {
namespace {

using nlohmann::ordered_json;

constexpr std::string_view kSuffix = ".json";
constexpr std::size_t kIdDigits = 16;
constexpr std::size_t kTimeDigits = 13;  // until the year 2286
constexpr std::size_t kNameSize =
    kIdDigits + 1 + kTimeDigits + 1 + kIdDigits + kSuffix.size();

bool is_id(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f');
  });
}

}  // namespace

std::string write_queued_event(const std::string& id, const Event& event) {
  ordered_json document{{"id", id}};
  document.update(parse_ordered_json(write_event(event)));
  return ordered_text(document);
}

std::string QueuedEventName::file() const {
  std::array<char, kTimeDigits + 1> time{};
  constexpr std::int64_t kLast = 9'999'999'999'999;
  const std::int64_t milliseconds =
      std::clamp(std::int64_t{queued_at.time_since_epoch().count()},
                 std::int64_t{0}, kLast);
  static_cast<void>(std::snprintf(time.data(), time.size(), "%013lld",
                                  static_cast<long long>(milliseconds)));
  return target + "-" + time.data() + "-" + id + std::string(kSuffix);
}

std::optional<QueuedEventName> parse_queued_event_name(std::string_view file) {
  if (file.size() != kNameSize || !file.ends_with(kSuffix) ||
      file[kIdDigits] != '-' || file[kIdDigits + 1 + kTimeDigits] != '-') {
    return std::nullopt;
  }
  const std::string_view target = file.substr(0, kIdDigits);
  const std::string_view time = file.substr(kIdDigits + 1, kTimeDigits);
  const std::string_view id =
      file.substr(kIdDigits + 1 + kTimeDigits + 1, kIdDigits);
  std::int64_t milliseconds = -1;
  const auto [end, error] =
      std::from_chars(time.data(), time.data() + time.size(), milliseconds);
  if (!is_id(target) || !is_id(id) || error != std::errc() ||
      end != time.data() + time.size() || milliseconds < 0) {
    return std::nullopt;
  }
  return QueuedEventName{std::string(target),
                         TimePoint(std::chrono::milliseconds(milliseconds)),
                         std::string(id)};
}

}  // namespace acme
