// SPDX-License-Identifier: BSD-2-Clause
// Where C++ meets nginx's callbacks: no exception crosses a C frame.
#pragma once

#include <exception>

#include "ngx_module/nginx/ngx.h"

namespace ngx_acme {

inline void log_exception(ngx_log_t* log, const char* what) noexcept {
  ngx_log_error(NGX_LOG_ERR, log, 0, "acme: %s", what);
}

/// Wraps `Body` as a callback that logs what it throws and returns `OnError`.
/// Use as: module_ctx.postconfiguration = guarded<build, NGX_ERROR,
/// ngx_conf_t*>
template <auto Body, auto OnError, typename... Args>
auto guarded(Args... args) noexcept -> decltype(Body(args...)) {
  try {
    return Body(args...);
  } catch (const std::exception& error) {
    log_exception(ngx_cycle->log, error.what());
  } catch (...) {
    log_exception(ngx_cycle->log, "unknown exception");
  }
  return static_cast<decltype(Body(args...))>(OnError);
}

/// The same for callbacks that read the configuration: what they throw becomes
/// an [emerg] line with file and line number.
template <auto Body, typename... Args>
char* guarded_directive(ngx_conf_t* cf, Args... args) noexcept {
  try {
    return Body(cf, args...);
  } catch (const std::exception& error) {
    ngx_conf_log_error(NGX_LOG_EMERG, cf, 0, "%s", error.what());
  } catch (...) {
    ngx_conf_log_error(NGX_LOG_EMERG, cf, 0, "unknown exception");
  }
  return static_cast<char*>(NGX_CONF_ERROR);
}

}  // namespace ngx_acme
