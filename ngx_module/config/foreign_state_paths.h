// SPDX-License-Identifier: BSD-2-Clause
// State paths that are something else already.
#pragma once

#include "ngx_module/nginx/ngx.h"

namespace ngx_acme {

struct MainConf;

/// Refuses a state path that is a file, one in a folder that does not exist,
/// and a folder with other things in it, such as /tmp or /etc/nginx: as root,
/// nginx makes its paths the worker user's, also under `nginx -t`. False after
/// an [emerg] line. Call when links are looked at, and before nginx has the
/// paths.
[[nodiscard]] bool keeps_off_foreign_paths(ngx_conf_t* cf,
                                           const MainConf& main);

}  // namespace ngx_acme
