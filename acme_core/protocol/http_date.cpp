// SPDX-License-Identifier: BSD-2-Clause
// Dates in HTTP fields.
#include "acme_core/protocol/http_date.h"

#include <algorithm>
#include <array>
#include <string>

namespace acme {

std::optional<TimePoint> parse_http_date(std::string_view text) {
  static constexpr std::array<std::string_view, 12> kMonths{
      "Jan", "Feb", "Mar", "Apr", "May", "Jun",
      "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
  static constexpr std::array<std::string_view, 7> kDays{
      "Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"};
  constexpr std::string_view kForm = "Sun, 06 Nov 1994 08:49:37 GMT";
  if (text.size() != kForm.size()) {
    return std::nullopt;
  }
  const auto name =
      std::find(kMonths.begin(), kMonths.end(), text.substr(8, 3));
  if (std::find(kDays.begin(), kDays.end(), text.substr(0, 3)) == kDays.end() ||
      name == kMonths.end()) {
    return std::nullopt;
  }
  // What is neither a name nor a digit has to be as in the form.
  for (std::size_t i = 3; i < text.size(); ++i) {
    const auto is_digit = [](char c) { return c >= '0' && c <= '9'; };
    const bool is_name = i >= 8 && i < 11;
    if (!is_name && is_digit(kForm[i]) != is_digit(text[i])) {
      return std::nullopt;
    }
    if (!is_name && !is_digit(kForm[i]) && kForm[i] != text[i]) {
      return std::nullopt;
    }
  }
  const auto number = [&](std::size_t at, std::size_t digits) {
    return std::stoi(std::string(text.substr(at, digits)));
  };
  const std::chrono::year_month_day date{
      std::chrono::year(number(12, 4)),
      std::chrono::month(static_cast<unsigned>(name - kMonths.begin()) + 1),
      std::chrono::day(static_cast<unsigned>(number(5, 2)))};
  const int hour = number(17, 2);
  const int minute = number(20, 2);
  const int second = number(23, 2);
  if (!date.ok() || hour > 23 || minute > 59 || second > 60) {
    return std::nullopt;
  }
  return std::chrono::sys_days(date) + std::chrono::hours(hour) +
         std::chrono::minutes(minute) + std::chrono::seconds(second);
}

}  // namespace acme
