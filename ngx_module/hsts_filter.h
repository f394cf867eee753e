// SPDX-License-Identifier: BSD-2-Clause
// Strict-Transport-Security on managed servers (RFC 6797).
#pragma once

#include "ngx_module/ngx.h"

namespace ngx_acme {

/// A module of its own, since filters have their place in nginx's order of
/// modules: after all that add headers of their own.
extern "C" {
extern ngx_module_t ngx_http_acme_filter_module;
}

}  // namespace ngx_acme
