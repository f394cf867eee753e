// SPDX-License-Identifier: BSD-2-Clause
// acme_storage: what the nodes of a fleet share.
#pragma once

#include "ngx_module/nginx/ngx.h"

namespace ngx_acme {

/// acme_storage file; acme_storage etcd|redis URL … [options];
char* set_acme_storage(ngx_conf_t* cf, ngx_command_t* command, void* conf);

}  // namespace ngx_acme
