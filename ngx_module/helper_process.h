// SPDX-License-Identifier: BSD-2-Clause
// The background process that talks to the CA.
//
// nginx's "cache manager" is the one helper process a module can ask for: the
// master starts it, as the worker user and without listening sockets, restarts
// it when it dies, and replaces it on reload. Any path with a `manager`
// callback brings it to life. Without a master process, the engine runs on
// threads of the single process instead.
#pragma once

#include "ngx_module/ngx.h"

namespace ngx_acme {

struct MainConf;

/// Registers the state directories with nginx, and the engine with one of
/// them. NGX_ERROR after an [emerg] line when a path is refused.
[[nodiscard]] ngx_int_t run_helper(ngx_conf_t* cf, MainConf& main);

/// nginx's hooks, called in every process.
ngx_int_t init_module(ngx_cycle_t* cycle) noexcept;
ngx_int_t init_process(ngx_cycle_t* cycle) noexcept;
void exit_process(ngx_cycle_t* cycle) noexcept;

}  // namespace ngx_acme
