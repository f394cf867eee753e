// SPDX-License-Identifier: BSD-2-Clause
// Has nginx call us while it serves.
#pragma once

#include "ngx_module/config/main_conf.h"
#include "ngx_module/nginx/ngx.h"

namespace ngx_acme {

/// Challenges and redirects, once the zone is there and every server has its
/// SSL_CTX. False: a line of the configuration has been refused. Throws
/// acme::Error.
[[nodiscard]] bool install_handlers(ngx_conf_t* cf, MainConf& main);

}  // namespace ngx_acme
