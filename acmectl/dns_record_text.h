// SPDX-License-Identifier: BSD-2-Clause
// DNS records as zone files have them (RFC 1035 section 5.1).
#pragma once

#include <string>
#include <string_view>

namespace acmectl {

/// "NAME 3600 IN TXT "VALUE"", a long value in several texts of 255 bytes.
[[nodiscard]] std::string txt_record(std::string_view name,
                                     std::string_view value);

}  // namespace acmectl
