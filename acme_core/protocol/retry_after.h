// SPDX-License-Identifier: BSD-2-Clause
// The Retry-After field (RFC 9110 section 10.2.3).
#pragma once

#include <optional>

#include "acme_core/net/http_client.h"
#include "acme_core/time_point.h"

namespace acme {

/// When the CA wants to be asked again: from seconds or an HTTP date, never in
/// the past, and at most a day from `now` (a CA that says a century does not
/// silence us). nullopt when the field is absent or malformed.
[[nodiscard]] std::optional<TimePoint> retry_after(const HttpResponse& response,
                                                   TimePoint now);

}  // namespace acme
