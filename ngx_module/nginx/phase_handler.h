// SPDX-License-Identifier: BSD-2-Clause
// Adding to the phases through which nginx takes a request.
#pragma once

#include <new>

#include "ngx_module/nginx/http_block.h"
#include "ngx_module/nginx/ngx.h"

namespace ngx_acme {

/// nginx calls the handlers of a phase in the reverse order. Throws
/// std::bad_alloc.
inline void add_phase_handler(ngx_conf_t* cf, ngx_http_phases phase,
                              ngx_http_handler_pt handler) {
  auto* added = static_cast<ngx_http_handler_pt*>(
      ngx_array_push(&http_core_conf(cf).phases[phase].handlers));
  if (added == nullptr) {
    throw std::bad_alloc();
  }
  *added = handler;
}

}  // namespace ngx_acme
