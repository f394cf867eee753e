// SPDX-License-Identifier: BSD-2-Clause
// Dates in HTTP fields (RFC 9110 section 5.6.7).
#pragma once

#include <optional>
#include <string_view>

#include "acme_core/time_point.h"

namespace acme {

/// Reads an IMF-fixdate, "Sun, 06 Nov 1994 08:49:37 GMT"; nullopt for anything
/// else, also for the obsolete forms. The name of the day is not compared.
[[nodiscard]] std::optional<TimePoint> parse_http_date(std::string_view text);

}  // namespace acme
