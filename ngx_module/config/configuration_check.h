// SPDX-License-Identifier: BSD-2-Clause
// What an operator is told before any CA is asked.
#pragma once

#include "ngx_module/config/main_conf.h"
#include "ngx_module/nginx/ngx.h"

namespace ngx_acme {

/// Warns about what cannot work, and, when nginx only tests its configuration,
/// says what will be managed: one line for the certificates of one set of
/// names. Changes nothing but the report.
void check_configuration(ngx_conf_t* cf, const MainConf& main);

}  // namespace ngx_acme
