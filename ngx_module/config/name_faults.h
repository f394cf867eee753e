// SPDX-License-Identifier: BSD-2-Clause
// What is wrong with a name that is not a host name.
#pragma once

#include <string>
#include <string_view>

namespace ngx_acme {

/// Why a name that nginx takes can be in no certificate, and what to write
/// instead: "it ends in a port: write \"www.example.com\"".
[[nodiscard]] std::string why_no_host_name(std::string_view name);

}  // namespace ngx_acme
