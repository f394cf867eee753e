// SPDX-License-Identifier: BSD-2-Clause
// The one place that includes nginx's headers.
#pragma once

extern "C" {
#include <ngx_config.h>
#include <ngx_core.h>
#include <ngx_event.h>
#include <ngx_http.h>
}

// nginx has its version as a macro whose name others have for members. It
// becomes a constant here, which NGX_MODULE_V1 wants; ngx_compat.h gets the
// macro back.
namespace ngx_acme {
inline constexpr ngx_uint_t kNginxVersion = nginx_version;
}
#pragma push_macro("nginx_version")
#undef nginx_version
// NOLINTNEXTLINE(readability-identifier-naming): nginx's own
inline constexpr ngx_uint_t nginx_version = ngx_acme::kNginxVersion;

extern "C" {
extern ngx_module_t ngx_http_acme_module;
}
