// SPDX-License-Identifier: BSD-2-Clause
// Whether the files of the state directories can be used, before they are.
#pragma once

#include "ngx_module/config/main_conf.h"

namespace ngx_acme {

/// Warns of files that the workers' user cannot read or that no state key
/// opens, with what is not renewed because of them and the command to run.
/// Looks at names, owners and modes, and reads one file of each issuer.
void check_state_files(ngx_conf_t* cf, const MainConf& main);

}  // namespace ngx_acme
