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

/// Reads RFC 3339 with any offset and fraction, cut to milliseconds; a leap
/// second is the second after it. nullopt for anything else, and for times
/// before the year 0 or after 9999.
[[nodiscard]] std::optional<TimePoint> parse_rfc3339(std::string_view text);

}  // namespace acme
