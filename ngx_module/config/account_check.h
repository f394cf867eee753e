// SPDX-License-Identifier: BSD-2-Clause
// Whether CAs will open an account for us.
#pragma once

#include "ngx_module/config/main_conf.h"
#include "ngx_module/nginx/ngx.h"

namespace ngx_acme {

/// Warns about built-in issuers that ask for an external account and have none,
/// unless an account of ours is stored, which needs it no more.
void check_accounts(ngx_conf_t* cf, const MainConf& main);

}  // namespace ngx_acme
