// SPDX-License-Identifier: BSD-2-Clause
// acme_status.
#pragma once

#include "ngx_module/nginx/ngx.h"

namespace ngx_acme {

struct StatusLocation;

/// Throws acme::Error, whose message becomes the [emerg] line.
char* set_acme_status(ngx_conf_t* cf, ngx_command_t* command, void* conf);

/// To a block within the location: nginx goes on with the block's
/// configuration, and with the location's handler ("if") or the block's own
/// ("limit_except").
void inherit_acme_status(ngx_conf_t* cf, const StatusLocation& parent,
                         StatusLocation& child);

}  // namespace ngx_acme
