// SPDX-License-Identifier: BSD-2-Clause
// The background process that talks to the CA.
//
// nginx's "cache manager" is the one helper process a module can ask for: the
// master starts it, as the worker user and without listening sockets, restarts
// it when it dies, and replaces it on reload. Any path with a `manager`
// callback brings it to life. Without a master process, the engine runs on
// threads of the single process instead.
#pragma once

#include "ngx_module/nginx/ngx.h"

namespace ngx_acme {

/// Has nginx start the engine when the configuration that has been read manages
/// something. NGX_ERROR after an [emerg] line when there is no path for it.
[[nodiscard]] ngx_int_t run_helper(ngx_conf_t* cf) noexcept;

/// nginx's hooks, called in every process.
ngx_int_t init_module(ngx_cycle_t* cycle) noexcept;
ngx_int_t init_process(ngx_cycle_t* cycle) noexcept;
void exit_process(ngx_cycle_t* cycle) noexcept;

}  // namespace ngx_acme
