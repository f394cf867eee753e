// SPDX-License-Identifier: BSD-2-Clause
// What the status shows of the configuration itself.
#pragma once

#include "ngx_module/config/main_conf.h"
#include "ngx_module/nginx/ngx.h"

namespace ngx_acme {

/// Has the locations with acme_status answer. Once the zones have been asked
/// for and every server has its SSL_CTX. Throws std::bad_alloc.
void prepare_status(ngx_conf_t* cf, MainConf& main);

}  // namespace ngx_acme
