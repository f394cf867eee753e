// SPDX-License-Identifier: BSD-2-Clause
// Times and numbers as the page says them to a person.
#include "acme_core/status/page_words.h"

#include <array>

namespace acme {
namespace {

using std::chrono::milliseconds;

constexpr std::array<std::string_view, 12> kMonths = {
    "Jan", "Feb", "Mar", "Apr", "May", "Jun",
    "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};

struct Unit {
  milliseconds length;
  std::string_view one;
  std::string_view more;
};

// Each is used from two of them on, but for the last.
constexpr std::array kUnits{Unit{std::chrono::days(365), "year", "years"},
                            Unit{std::chrono::days(1), "day", "days"},
                            Unit{std::chrono::hours(1), "hour", "hours"},
                            Unit{std::chrono::minutes(1), "minute", "minutes"}};

// Colour alone tells nothing to many.
constexpr std::array<std::string_view, 9> kSigns = {
    "\u2713", "\u21BB", "\u2026", "!",     "!",
    "\u2715", "\u2715", "\u2013", "\u25CB"};

}  // namespace

std::string in_words(milliseconds duration) {
  for (const Unit& unit : kUnits) {
    const auto count = duration / unit.length;
    const bool is_last = &unit == &kUnits.back();
    if (count >= 2 || (is_last && count == 1)) {
      return counted(static_cast<std::size_t>(count), unit.one, unit.more);
    }
  }
  return "moments";
}

std::string from_now(TimePoint time, TimePoint now) {
  return time > now ? "in " + in_words(time - now)
                    : in_words(now - time) + " ago";
}

std::string short_day(TimePoint time) {
  const std::chrono::year_month_day date(
      std::chrono::floor<std::chrono::days>(time));
  return std::to_string(static_cast<unsigned>(date.day())) + " " +
         std::string(kMonths[static_cast<unsigned>(date.month()) - 1]);
}

std::string day(TimePoint time) {
  return short_day(time) + " " + rfc3339(time).substr(0, 4);
}

std::string moment(TimePoint time) {
  return day(time) + " " + rfc3339(time).substr(11, 5) + " UTC";
}

std::string counted(std::size_t count, std::string_view one,
                    std::string_view more) {
  std::string text;
  HtmlText(text).number(count);
  return text.append(" ").append(count == 1 ? one : more);
}

void write_from_now(HtmlText& html, TimePoint time, TimePoint now) {
  html.raw("<time datetime=\"")
      .raw(rfc3339(time))
      .raw("\" title=\"")
      .raw(moment(time))
      .raw("\">")
      .raw(from_now(time, now))
      .raw("</time>");
}

void write_state(HtmlText& html, CertificateState state) {
  html.raw("<span class=\"state is-")
      .raw(to_string(state))
      .raw("\"><span class=\"sign\" aria-hidden=\"true\">")
      .raw(kSigns[static_cast<std::size_t>(state)])
      .raw("</span>")
      .raw(to_string(state))
      .raw("</span>");
}

}  // namespace acme
