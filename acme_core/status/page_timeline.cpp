// SPDX-License-Identifier: BSD-2-Clause
// The next 90 days as a drawing: renewals above the line, expiries below it.
#include <algorithm>
#include <array>
#include <cmath>

#include "acme_core/status/page_parts.h"
#include "acme_core/status/page_words.h"

namespace acme {
namespace {

constexpr std::size_t kDays = 90;
constexpr int kDayWidth = 11;
constexpr int kWidth = static_cast<int>(kDays) * kDayWidth;
constexpr int kAxis = 84;  // from the top
constexpr int kTallest = 64;
constexpr int kDeepest = 44;
constexpr int kHeight = 158;

struct Day {
  std::size_t renewals = 0;
  std::size_t expiries = 0;    // that a renewal comes before
  std::size_t unattended = 0;  // that none comes before
};
using Days = std::array<Day, kDays>;

// nullopt: behind the 90 days. What is overdue is today's.
std::optional<std::size_t> day_of(TimePoint time, TimePoint now) {
  if (time <= now) {
    return 0;
  }
  const auto index =
      static_cast<std::size_t>((time - now) / std::chrono::days(1));
  return index < kDays ? std::optional(index) : std::nullopt;
}

// Nobody renews it, or whoever should has trouble.
bool is_unattended(const CertificateStatus& certificate) {
  return certificate.state == CertificateState::kStatic ||
         !certificate.cure.empty();
}

Days days_of(const StatusSnapshot& snapshot) {
  Days days;
  for (const CertificateStatus& each : snapshot.certificates) {
    if (each.state == CertificateState::kOrphan) {
      continue;
    }
    if (each.renew_at) {
      if (const auto index = day_of(*each.renew_at, snapshot.taken_at)) {
        ++days[*index].renewals;
      }
    }
    if (each.not_after) {
      if (const auto index = day_of(*each.not_after, snapshot.taken_at)) {
        ++(is_unattended(each) ? days[*index].unattended
                               : days[*index].expiries);
      }
    }
  }
  return days;
}

// Square roots, so that a single one is seen beside a thousand.
int height(std::size_t count, std::size_t most, int full) {
  if (count == 0) {
    return 0;
  }
  const double part =
      std::sqrt(static_cast<double>(count) / static_cast<double>(most));
  return std::max(5, static_cast<int>(std::lround(part * full)));
}

std::string digits(int value) { return std::to_string(value); }

void write_bar(HtmlText& html, std::string_view kind, int x, int y,
               int bar_height) {
  if (bar_height == 0) {
    return;
  }
  html.raw("<rect class=\"")
      .raw(kind)
      .raw("\" x=\"")
      .raw(digits(x + 1))
      .raw("\" y=\"")
      .raw(digits(y))
      .raw("\" width=\"")
      .raw(digits(kDayWidth - 3))
      .raw("\" height=\"")
      .raw(digits(bar_height))
      .raw("\" rx=\"2\"/>");
}

void write_day(HtmlText& html, const Day& day, std::size_t index,
               std::size_t most, TimePoint now) {
  if (day.renewals + day.expiries + day.unattended == 0) {
    return;
  }
  const int x = static_cast<int>(index) * kDayWidth;
  html.raw("<g><title>")
      .raw(short_day(now + std::chrono::days(index)))
      .raw(":");
  const auto say = [&](std::size_t count, std::string_view one,
                       std::string_view more) {
    if (count != 0) {
      html.raw(" ").raw(counted(count, one, more)).raw(";");
    }
  };
  say(day.renewals, "renewal due", "renewals due");
  say(day.expiries, "expiry, renewed before", "expiries, renewed before");
  say(day.unattended, "expiry that needs you", "expiries that need you");
  html.raw("</title>");
  const int up = height(day.renewals, most, kTallest);
  write_bar(html, "renewal", x, kAxis - 3 - up, up);
  const int alarming = height(day.unattended, most, kDeepest);
  write_bar(html, "unattended", x, kAxis + 3, alarming);
  write_bar(html, "expiry", x, kAxis + 3 + alarming + (alarming != 0 ? 1 : 0),
            height(day.expiries, most, kDeepest - alarming));
  html.raw("</g>");
}

void write_axis(HtmlText& html, TimePoint now) {
  constexpr std::size_t kStep = 15;
  html.raw("<line class=\"axis\" x1=\"0\" x2=\"")
      .raw(digits(kWidth))
      .raw("\" y1=\"")
      .raw(digits(kAxis))
      .raw("\" y2=\"")
      .raw(digits(kAxis))
      .raw("\"/>");
  for (std::size_t i = 0; i < kDays; i += kStep) {
    const std::string x = digits(static_cast<int>(i) * kDayWidth);
    html.raw("<line class=\"grid\" x1=\"")
        .raw(x)
        .raw("\" x2=\"")
        .raw(x)
        .raw("\" y1=\"6\" y2=\"")
        .raw(digits(kHeight - 20))
        .raw("\"/><text x=\"")
        .raw(digits(static_cast<int>(i) * kDayWidth + 4))
        .raw("\" y=\"")
        .raw(digits(kHeight - 6))
        .raw("\">")
        .raw(i == 0 ? "today" : short_day(now + std::chrono::days(i)))
        .raw("</text>");
  }
}

void write_summary(HtmlText& html, const Days& days) {
  Day sum;
  for (const Day& day : days) {
    sum.renewals += day.renewals;
    sum.expiries += day.expiries;
    sum.unattended += day.unattended;
  }
  const auto item = [&](std::string_view kind, std::size_t count,
                        std::string_view one, std::string_view more) {
    html.raw(
            "<li><svg class=\"key\" aria-hidden=\"true\" viewBox=\"0 0 10 10\">"
            "<rect class=\"")
        .raw(kind)
        .raw("\" width=\"10\" height=\"10\" rx=\"2\"/></svg>")
        .raw(counted(count, one, more))
        .raw("</li>");
  };
  html.raw("<ul class=\"keys\" id=\"timeline-words\">");
  item("renewal", sum.renewals, "renewal due", "renewals due");
  item("expiry", sum.expiries, "expiry with a renewal before it",
       "expiries with a renewal before them");
  item("unattended", sum.unattended, "expiry that needs you",
       "expiries that need you");
  html.raw("</ul>");
}

}  // namespace

void write_timeline(HtmlText& html, const PageContext& context) {
  const Days days = days_of(context.snapshot);
  std::size_t most = 1;
  for (const Day& day : days) {
    most = std::max({most, day.renewals, day.expiries, day.unattended});
  }
  html.raw(
          "<section id=\"timeline\" aria-labelledby=\"timeline-title\">"
          "<h2 id=\"timeline-title\">The next 90 days</h2>"
          "<div class=\"scroll\" tabindex=\"0\" role=\"group\" "
          "aria-label=\"Time line\"><svg viewBox=\"0 0 ")
      .raw(digits(kWidth))
      .raw(" ")
      .raw(digits(kHeight))
      .raw(
          "\" role=\"img\" aria-label=\"Renewals and expiries of the next 90 "
          "days, by day\" aria-describedby=\"timeline-words\">");
  write_axis(html, context.snapshot.taken_at);
  for (std::size_t i = 0; i < kDays; ++i) {
    write_day(html, days[i], i, most, context.snapshot.taken_at);
  }
  html.raw("</svg></div>");
  write_summary(html, days);
  html.raw("</section>");
}

}  // namespace acme
