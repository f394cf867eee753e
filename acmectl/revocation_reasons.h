// SPDX-License-Identifier: BSD-2-Clause
// What "acmectl revoke" takes as a reason (RFC 5280 section 5.3.1).
#pragma once

#include <array>
#include <string_view>

namespace acmectl {

inline constexpr std::array<std::string_view, 5> kRevocationReasons{
    "keyCompromise", "superseded", "cessationOfOperation", "affiliationChanged",
    "unspecified"};

}  // namespace acmectl
