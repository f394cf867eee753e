// SPDX-License-Identifier: BSD-2-Clause
// The directive issuer_limits.
#pragma once

#include <span>

#include "acme_core/engine/budget.h"
#include "ngx_module/nginx/ngx.h"

namespace ngx_acme {

/// "off", or NAME=COUNT[/TIME] … | NAME=off …. Throws acme::Error for anything
/// else.
[[nodiscard]] acme::GrantedLimits parse_issuer_limits(
    std::span<const ngx_str_t> arguments);

}  // namespace ngx_acme
