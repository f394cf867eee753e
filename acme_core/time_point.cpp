// SPDX-License-Identifier: BSD-2-Clause
// Points of time as text.
#include "acme_core/time_point.h"

#include <algorithm>
#include <array>
#include <span>

namespace acme {
namespace {

bool is_digit(char c) noexcept { return c >= '0' && c <= '9'; }

// Takes a text apart from its front. A mismatch spoils everything after it, so
// that only the end needs a look.
class Scanner {
 public:
  explicit Scanner(std::string_view text) : rest_(text) {}

  // Exactly `count` digits.
  unsigned number(std::size_t count) {
    const std::string_view digits = rest_.substr(0, count);
    good_ = good_ && digits.size() == count &&
            std::all_of(digits.begin(), digits.end(), is_digit);
    unsigned value = 0;
    for (std::size_t i = 0; good_ && i < count; ++i) {
      value = value * 10 + static_cast<unsigned>(digits[i] - '0');
    }
    rest_.remove_prefix(digits.size());
    return value;
  }

  // One of `choices`, which are of one length; its index.
  std::size_t one_of(std::span<const std::string_view> choices) {
    const auto found = std::find_if(
        choices.begin(), choices.end(),
        [this](std::string_view choice) { return rest_.starts_with(choice); });
    if (found == choices.end()) {
      good_ = false;
      return 0;
    }
    rest_.remove_prefix(found->size());
    return static_cast<std::size_t>(found - choices.begin());
  }

  void skip(std::string_view expected) { one_of({&expected, 1}); }

  // Whether `c` came next; it is taken then.
  bool take(char c) {
    if (!rest_.starts_with(c)) {
      return false;
    }
    rest_.remove_prefix(1);
    return true;
  }

  [[nodiscard]] bool sees_digit() const noexcept {
    return !rest_.empty() && is_digit(rest_.front());
  }
  [[nodiscard]] bool ended_well() const noexcept {
    return good_ && rest_.empty();
  }

 private:
  std::string_view rest_;
  bool good_ = true;
};

struct TimeOfDay {
  unsigned hour = 0;
  unsigned minute = 0;
  unsigned second = 0;
};

TimeOfDay scan_time(Scanner& scanner) {
  TimeOfDay time;
  time.hour = scanner.number(2);
  scanner.skip(":");
  time.minute = scanner.number(2);
  scanner.skip(":");
  time.second = scanner.number(2);
  return time;
}

// "Z", "+02:00" or "-08:00" (RFC 3339 section 5.6); nullopt when out of range.
std::optional<std::chrono::minutes> scan_offset(Scanner& scanner) {
  if (scanner.take('Z') || scanner.take('z')) {
    return std::chrono::minutes(0);
  }
  static constexpr std::array<std::string_view, 2> kSigns{"+", "-"};
  const bool negative = scanner.one_of(kSigns) == 1;
  const unsigned hour = scanner.number(2);
  scanner.skip(":");
  const unsigned minute = scanner.number(2);
  if (hour > 23 || minute > 59) {
    return std::nullopt;
  }
  const std::chrono::minutes offset(hour * 60 + minute);
  return negative ? -offset : offset;
}

// A tenth, a hundredth, …; digits behind the milliseconds do not count.
std::chrono::milliseconds scan_fraction(Scanner& scanner) {
  std::chrono::milliseconds fraction{0};
  if (!scanner.take('.')) {
    return fraction;
  }
  unsigned weight = 100;
  do {
    fraction += std::chrono::milliseconds(weight * scanner.number(1));
    weight /= 10;
  } while (scanner.sees_digit());
  return fraction;
}

std::optional<TimePoint> to_time_point(unsigned year, unsigned month,
                                       unsigned day, TimeOfDay time) {
  const std::chrono::year_month_day date{
      std::chrono::year(static_cast<int>(year)), std::chrono::month(month),
      std::chrono::day(day)};
  // 60 is a leap second.
  if (!date.ok() || time.hour > 23 || time.minute > 59 || time.second > 60) {
    return std::nullopt;
  }
  return std::chrono::sys_days(date) + std::chrono::hours(time.hour) +
         std::chrono::minutes(time.minute) + std::chrono::seconds(time.second);
}

// A year of four digits, also when it is rounded up to a second.
std::optional<TimePoint> if_writable(TimePoint time) {
  const std::chrono::sys_days first = std::chrono::year(0) / 1 / 1;
  const std::chrono::sys_days end = std::chrono::year(10'000) / 1 / 1;
  return time >= first && time <= end - std::chrono::seconds(1)
             ? std::optional(time)
             : std::nullopt;
}

// As many digits of `number` at `place` as there are.
void put_number(std::string& text, std::size_t place, std::size_t digits,
                unsigned number) {
  for (std::size_t i = place + digits; i > place; --i, number /= 10) {
    text[i - 1] = static_cast<char>('0' + number % 10);
  }
}

}  // namespace

std::string rfc3339(TimePoint time) {
  const auto day = std::chrono::floor<std::chrono::days>(time);
  const std::chrono::year_month_day date(day);
  const std::chrono::hh_mm_ss clock(
      std::chrono::floor<std::chrono::seconds>(time - day));
  // By hand: a status page has thousands of them.
  std::string text = "0000-00-00T00:00:00Z";
  put_number(text, 0, 4, static_cast<unsigned>(static_cast<int>(date.year())));
  put_number(text, 5, 2, static_cast<unsigned>(date.month()));
  put_number(text, 8, 2, static_cast<unsigned>(date.day()));
  put_number(text, 11, 2, static_cast<unsigned>(clock.hours().count()));
  put_number(text, 14, 2, static_cast<unsigned>(clock.minutes().count()));
  put_number(text, 17, 2, static_cast<unsigned>(clock.seconds().count()));
  return text;
}

std::optional<TimePoint> parse_rfc3339(std::string_view text) {
  static constexpr std::array<std::string_view, 2> kSeparators{"T", "t"};
  Scanner scanner(text);
  const unsigned year = scanner.number(4);
  scanner.skip("-");
  const unsigned month = scanner.number(2);
  scanner.skip("-");
  const unsigned day = scanner.number(2);
  scanner.one_of(kSeparators);
  const TimeOfDay time_of_day = scan_time(scanner);
  const std::chrono::milliseconds fraction = scan_fraction(scanner);
  const auto offset = scan_offset(scanner);
  const auto time = to_time_point(year, month, day, time_of_day);
  if (!scanner.ended_well() || !offset || !time) {
    return std::nullopt;
  }
  return if_writable(*time + fraction - *offset);
}

std::optional<TimePoint> parse_http_date(std::string_view text) {
  static constexpr std::array<std::string_view, 7> kDays{
      "Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"};
  static constexpr std::array<std::string_view, 12> kMonths{
      "Jan", "Feb", "Mar", "Apr", "May", "Jun",
      "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
  Scanner scanner(text);
  scanner.one_of(kDays);
  scanner.skip(", ");
  const unsigned day = scanner.number(2);
  scanner.skip(" ");
  const auto month = static_cast<unsigned>(scanner.one_of(kMonths)) + 1;
  scanner.skip(" ");
  const unsigned year = scanner.number(4);
  scanner.skip(" ");
  const TimeOfDay time = scan_time(scanner);
  scanner.skip(" GMT");
  const auto date = to_time_point(year, month, day, time);
  return scanner.ended_well() && date ? if_writable(*date) : std::nullopt;
}

}  // namespace acme
