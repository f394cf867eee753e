// SPDX-License-Identifier: BSD-2-Clause
// acme_on: who is told of what happens to certificates.
#pragma once

#include "ngx_module/nginx/ngx.h"

namespace ngx_acme {

/// acme_on EVENT[,EVENT ...] exec PATH | URL [secret=FILE];
char* set_acme_on(ngx_conf_t* cf, ngx_command_t* command, void* conf);

}  // namespace ngx_acme
