// SPDX-License-Identifier: BSD-2-Clause
// What identifies a certificate over reloads, in all shared memory.
#pragma once

#include <string>
#include <vector>

#include "acme_core/engine/plan.h"

namespace ngx_acme {

/// By index in the plan. A dry run has the key of what it stands in for.
[[nodiscard]] std::vector<std::string> certificate_keys(const acme::Plan& plan);

}  // namespace ngx_acme
