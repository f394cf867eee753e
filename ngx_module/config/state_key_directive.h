// SPDX-License-Identifier: BSD-2-Clause
// acme_state_key: what seals private keys in the state directories.
#pragma once

#include "ngx_module/nginx/ngx.h"

namespace ngx_acme {

/// acme_state_key FILE [FILE]; acme_state_key off [FILE [FILE]];
char* set_acme_state_key(ngx_conf_t* cf, ngx_command_t* command, void* conf);

}  // namespace ngx_acme
