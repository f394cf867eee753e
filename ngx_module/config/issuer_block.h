// SPDX-License-Identifier: BSD-2-Clause
// The acme_issuer block.
#pragma once

#include "ngx_module/nginx/ngx.h"

namespace ngx_acme {

/// Directive handler of `acme_issuer NAME { … }`.
char* acme_issuer(ngx_conf_t* cf, ngx_command_t* command, void* conf);

}  // namespace ngx_acme
