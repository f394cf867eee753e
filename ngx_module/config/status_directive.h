// SPDX-License-Identifier: BSD-2-Clause
// acme_status.
#pragma once

#include "ngx_module/nginx/ngx.h"

namespace ngx_acme {

/// Throws acme::Error, whose message becomes the [emerg] line.
char* set_acme_status(ngx_conf_t* cf, ngx_command_t* command, void* conf);

}  // namespace ngx_acme
