// SPDX-License-Identifier: BSD-2-Clause
// nginx's ssl_stapling directives in servers whose certificates are ours.
#pragma once

#include "ngx_module/nginx/ngx.h"

namespace ngx_acme {

struct MainConf;

/// Marks the certificates of the plan that are stapled, and says what a
/// "must_staple" lacks. Call when nginx has made its contexts, and before the
/// zone is sized. Throws acme::Error for a file that cannot be used.
void plan_staples(ngx_conf_t* cf, MainConf& main);

}  // namespace ngx_acme
