// SPDX-License-Identifier: BSD-2-Clause
// Strict-Transport-Security on managed servers (RFC 6797).
#pragma once

#include "ngx_module/nginx/ngx.h"

namespace ngx_acme {

/// Puts the filter before those that are there already.
[[nodiscard]] ngx_int_t add_hsts_filter(ngx_conf_t* cf) noexcept;

}  // namespace ngx_acme
