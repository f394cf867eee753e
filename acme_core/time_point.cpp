// SPDX-License-Identifier: BSD-2-Clause
// Points of time as text.
#include "acme_core/time_point.h"

#include <array>
#include <cstdio>

namespace acme {
namespace {

bool is_digit(char c) noexcept { return c >= '0' && c <= '9'; }

// Takes what it reads off the front of a text; remembers whether all was well.
class Reader {
 public:
  explicit Reader(std::string_view text) noexcept : text_(text) {}

  [[nodiscard]] bool is_done() const noexcept { return good_ && text_.empty(); }

  // Exactly `digits` digits, at most `highest`; 0 when there are none such.
  int number(std::size_t digits, int highest) noexcept {
    int value = 0;
    for (std::size_t i = 0; i < digits; ++i) {
      if (text_.empty() || !is_digit(text_.front())) {
        good_ = false;
        return 0;
      }
      value = 10 * value + (text_.front() - '0');
      text_.remove_prefix(1);
    }
    good_ = good_ && value <= highest;
    return value;
  }

  // One of the characters of `any`; '\0' when there is none of them.
  char one_of(std::string_view any) noexcept {
    if (text_.empty() || any.find(text_.front()) == std::string_view::npos) {
      good_ = false;
      return '\0';
    }
    const char found = text_.front();
    text_.remove_prefix(1);
    return found;
  }

  // ".123…", or nothing at all.
  std::chrono::milliseconds fraction() noexcept {
    int value = 0;
    if (!text_.starts_with('.')) {
      return {};
    }
    text_.remove_prefix(1);
    good_ = good_ && !text_.empty() && is_digit(text_.front());
    for (int unit = 100; !text_.empty() && is_digit(text_.front());
         unit /= 10) {
      value += unit * (text_.front() - '0');
      text_.remove_prefix(1);
    }
    return std::chrono::milliseconds(value);
  }

  // "Z" or "+01:00".
  std::chrono::minutes offset() noexcept {
    const char sign = one_of("Zz+-");
    if (sign == 'Z' || sign == 'z') {
      return {};
    }
    const std::chrono::hours hours(number(2, 23));
    one_of(":");
    const std::chrono::minutes minutes(number(2, 59));
    return sign == '-' ? -(hours + minutes) : hours + minutes;
  }

 private:
  std::string_view text_;
  bool good_ = true;
};

}  // namespace

std::string rfc3339(TimePoint time) {
  const auto day = std::chrono::floor<std::chrono::days>(time);
  const std::chrono::year_month_day date(day);
  const std::chrono::hh_mm_ss clock(
      std::chrono::floor<std::chrono::seconds>(time - day));
  std::array<char, 64> text{};
  static_cast<void>(std::snprintf(
      text.data(), text.size(), "%04d-%02u-%02uT%02d:%02d:%02dZ",
      static_cast<int>(date.year()), static_cast<unsigned>(date.month()),
      static_cast<unsigned>(date.day()),
      static_cast<int>(clock.hours().count()),
      static_cast<int>(clock.minutes().count()),
      static_cast<int>(clock.seconds().count())));
  return text.data();
}

std::optional<TimePoint> parse_rfc3339(std::string_view text) {
  using std::chrono::year;
  Reader reader(text);
  const year of_date(reader.number(4, 9999));
  reader.one_of("-");
  const std::chrono::month month(static_cast<unsigned>(reader.number(2, 12)));
  reader.one_of("-");
  const std::chrono::day day(static_cast<unsigned>(reader.number(2, 31)));
  reader.one_of("Tt");
  const std::chrono::hours hours(reader.number(2, 23));
  reader.one_of(":");
  const std::chrono::minutes minutes(reader.number(2, 59));
  reader.one_of(":");
  const std::chrono::seconds seconds(reader.number(2, 60));
  const std::chrono::milliseconds fraction = reader.fraction();
  const std::chrono::minutes offset = reader.offset();
  const std::chrono::year_month_day date = of_date / month / day;
  if (!reader.is_done() || !date.ok()) {
    return std::nullopt;
  }
  const TimePoint time = std::chrono::sys_days(date) + hours + minutes +
                         seconds + fraction - offset;
  const bool has_four_digits =
      time >= std::chrono::sys_days(year(0) / 1 / 1) &&
      time < std::chrono::sys_days(year(10000) / 1 / 1);
  return has_four_digits ? std::optional(time) : std::nullopt;
}

}  // namespace acme
