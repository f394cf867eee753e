// SPDX-License-Identifier: BSD-2-Clause
// The Retry-After field.
#include "acme_core/protocol/retry_after.h"

#include <algorithm>
#include <charconv>
#include <string_view>

namespace acme {
namespace {

constexpr std::chrono::seconds kLongest = std::chrono::hours(24);

std::optional<TimePoint> from_seconds(std::string_view text, TimePoint now) {
  if (text.empty() || !std::all_of(text.begin(), text.end(), [](char c) {
        return c >= '0' && c <= '9';
      })) {
    return std::nullopt;
  }
  std::int64_t seconds = 0;
  const auto result =
      std::from_chars(text.data(), text.data() + text.size(), seconds);
  // Digits that do not fit are a very long time.
  const bool fits = result.ec == std::errc() && seconds < kLongest.count();
  return now + (fits ? std::chrono::seconds(seconds) : kLongest);
}

}  // namespace

std::optional<TimePoint> retry_after(const HttpResponse& response,
                                     TimePoint now) {
  const auto field = response.header("retry-after");
  if (!field) {
    return std::nullopt;
  }
  auto time = from_seconds(*field, now);
  if (!time) {
    time = parse_http_date(*field);
  }
  if (!time) {
    return std::nullopt;
  }
  return std::clamp(*time, now, now + kLongest);
}

}  // namespace acme
