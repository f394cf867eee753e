// SPDX-License-Identifier: BSD-2-Clause
// When a CA suggests to renew a certificate (RFC 9773).
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "acme_core/time_point.h"

namespace acme {

/// Section 4.2.
struct RenewalInfo {
  TimePoint start;  ///< of the suggested window
  TimePoint end;
  std::string explanation_url;  ///< why, for people; may be empty
};

/// nullopt when a time is missing or malformed, or the window ends before it
/// begins.
[[nodiscard]] std::optional<RenewalInfo> parse_renewal_info(
    std::string_view json);

}  // namespace acme
