// SPDX-License-Identifier: BSD-2-Clause
// Wall-clock time as the whole library speaks it.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

namespace acme {

/// A point of wall-clock time (UTC) with millisecond resolution. Milliseconds,
/// because nanoseconds since 1970 overflow for certificates valid past 2262.
using TimePoint = std::chrono::sys_time<std::chrono::milliseconds>;

/// RFC 3339 in UTC, to the second: "2026-01-31T12:00:00Z".
[[nodiscard]] std::string rfc3339(TimePoint time);

/// An RFC 3339 date-time with any offset; fractions are cut to milliseconds.
/// nullopt for anything else, for days that no calendar has, and for what is
/// outside of the years 0 to 9999 in UTC: rfc3339() could not write it.
[[nodiscard]] std::optional<TimePoint> parse_rfc3339(std::string_view text);

/// HTTP's preferred format, "Sun, 06 Nov 1994 08:49:37 GMT" (IMF-fixdate, RFC
/// 9110 section 5.6.7); nullopt for anything else, as above. The day's name is
/// not compared with the date.
[[nodiscard]] std::optional<TimePoint> parse_http_date(std::string_view text);

}  // namespace acme
