// SPDX-License-Identifier: BSD-2-Clause
// State directories and nginx's caches, which must not meet.
#pragma once

#include "ngx_module/nginx/ngx.h"

namespace ngx_acme {

struct MainConf;

/// Refuses a state directory in a cache's folder, or a cache in a state
/// directory's: a minute after each start the cache's loader deletes every file
/// below its folder whose name is not a cache entry's. False after an [emerg]
/// line. Call when the http block has been read.
[[nodiscard]] bool keeps_apart_from_caches(ngx_conf_t* cf,
                                           const MainConf& main);

}  // namespace ngx_acme
