// SPDX-License-Identifier: BSD-2-Clause
// Where in the configuration something was said.
#pragma once

#include <compare>
#include <string>

#include "ngx_module/nginx/ngx.h"
#include "ngx_module/nginx/ngx_types.h"

namespace ngx_acme {

struct SourceLine {
  std::string file;
  ngx_uint_t line = 0;

  /// Where nginx is reading now.
  [[nodiscard]] static SourceLine current(const ngx_conf_t* cf) {
    return {std::string(view(cf->conf_file->file.name)), cf->conf_file->line};
  }

  friend auto operator<=>(const SourceLine&, const SourceLine&) = default;
};

/// Where a server block begins.
[[nodiscard]] inline SourceLine source_of(
    const ngx_http_core_srv_conf_t& server) {
  return {reinterpret_cast<const char*>(server.file_name), server.line};
}

/// Logs an [emerg] line about an earlier line of the configuration, in nginx's
/// form "message in FILE:LINE". Callers then fail the configuration.
inline void refuse(const ngx_conf_t* cf, const SourceLine& where,
                   const std::string& message) noexcept {
  ngx_log_error(NGX_LOG_EMERG, cf->log, 0, "%s in %s:%ui", message.c_str(),
                where.file.c_str(), where.line);
}

}  // namespace ngx_acme
