// SPDX-License-Identifier: BSD-2-Clause
// What nginx finds our directives by.
#pragma once

#include "ngx_module/nginx/ngx.h"

namespace ngx_acme {

/// At http, server and location level. Those inside of acme_issuer are
/// issuer_block's.
extern ngx_command_t directives[];

}  // namespace ngx_acme
