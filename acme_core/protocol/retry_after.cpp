// SPDX-License-Identifier: BSD-2-Clause
// The Retry-After field.
#include "acme_core/protocol/retry_after.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdio>
#include <string>
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

// IMF-fixdate only: "Sun, 06 Nov 1994 08:49:37 GMT" (RFC 9110 section 5.6.7).
std::optional<TimePoint> from_date(const std::string& text) {
  static constexpr std::array<std::string_view, 12> kMonths{
      "Jan", "Feb", "Mar", "Apr", "May", "Jun",
      "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
  unsigned day = 0;
  unsigned year = 0;
  unsigned hour = 0;
  unsigned minute = 0;
  unsigned second = 0;
  std::array<char, 4> month{};
  int end = 0;
  if (std::sscanf(text.c_str(),
                  "%*3[A-Za-z], %2u %3[A-Za-z] %4u %2u:%2u:%2u GMT%n", &day,
                  month.data(), &year, &hour, &minute, &second, &end) != 6 ||
      end == 0 || static_cast<std::size_t>(end) != text.size()) {
    return std::nullopt;
  }
  const auto name =
      std::find(kMonths.begin(), kMonths.end(), std::string_view(month.data()));
  const std::chrono::year_month_day date{
      std::chrono::year(static_cast<int>(year)),
      std::chrono::month(static_cast<unsigned>(name - kMonths.begin()) + 1),
      std::chrono::day(day)};
  if (!date.ok() || hour > 23 || minute > 59 || second > 60) {
    return std::nullopt;
  }
  return std::chrono::sys_days(date) + std::chrono::hours(hour) +
         std::chrono::minutes(minute) + std::chrono::seconds(second);
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
    time = from_date(std::string(*field));
  }
  if (!time) {
    return std::nullopt;
  }
  return std::clamp(*time, now, now + kLongest);
}

}  // namespace acme
