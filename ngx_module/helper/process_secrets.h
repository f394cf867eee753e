// SPDX-License-Identifier: BSD-2-Clause
// Secrets of the configuration, in the memory of nginx's processes: every child
// begins with all that the master has read, and only one of them needs it.
#pragma once

#include "ngx_module/nginx/ngx.h"

namespace ngx_acme {

/// Call when a process begins: a worker forgets; a helper process cannot be
/// read from then on, and forgets unless keep_secrets() is called by the first
/// of nginx's timers, which is what tells the manager from the loader of
/// caches.
void guard_secrets(ngx_cycle_t* cycle);

/// This process runs the engine.
void keep_secrets() noexcept;

}  // namespace ngx_acme
