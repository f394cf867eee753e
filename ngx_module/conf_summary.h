// SPDX-License-Identifier: BSD-2-Clause
// What a configuration comes to, as a whole.
#pragma once

#include "ngx_module/conf.h"
#include "ngx_module/ngx.h"

namespace ngx_acme {

/// Counts what is managed, once the plan is complete.
[[nodiscard]] ConfSummary summary_of(const MainConf& main);

}  // namespace ngx_acme
