// SPDX-License-Identifier: BSD-2-Clause
// Whether each `acme` manages something.
#pragma once

#include "ngx_module/config/main_conf.h"
#include "ngx_module/nginx/ngx.h"

namespace ngx_acme {

/// Says one line about each `acme` that manages nothing and of which nothing
/// has been said, once the plan is complete. False when there is no `acme`: the
/// operator does not use the module that way.
[[nodiscard]] bool check_use(ngx_conf_t* cf, const MainConf& main);

}  // namespace ngx_acme
