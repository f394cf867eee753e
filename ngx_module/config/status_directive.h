// SPDX-License-Identifier: BSD-2-Clause
// acme_status.
#pragma once

#include "ngx_module/nginx/ngx.h"

namespace ngx_acme {

struct StatusLocation;

/// Throws acme::Error, whose message becomes the [emerg] line.
char* set_acme_status(ngx_conf_t* cf, ngx_command_t* command, void* conf);

/// To a block within the location, such as "if" or "limit_except": nginx goes
/// on with the location's handler and the block's configuration.
void inherit_acme_status(ngx_conf_t* cf, const StatusLocation& parent,
                         StatusLocation& child);

}  // namespace ngx_acme
