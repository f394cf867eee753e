// SPDX-License-Identifier: BSD-2-Clause
// acme_log: a log file of the engine's own, beside nginx's error log.
#pragma once

#include <optional>

#include "ngx_module/nginx/ngx.h"

namespace ngx_acme {

/// What the directive says.
struct AcmeLogFile {
  ngx_str_t path{};  ///< complete, terminated; empty: off
  ngx_uint_t level = NGX_LOG_NOTICE;
};

/// Reads `acme_log PATH [LEVEL] | off`. Throws acme::Error.
[[nodiscard]] AcmeLogFile parse_acme_log(ngx_conf_t* cf);

/// The file among those that nginx opens with a configuration, as root, and
/// opens again at USR1.
class AcmeLog {
 public:
  /// Call at the end of a configuration. Throws std::bad_alloc.
  AcmeLog(ngx_conf_t* cf, const AcmeLogFile& file);

  /// Lines go here. Only from nginx's own thread.
  [[nodiscard]] ngx_log_t& lines() noexcept { return lines_; }

  /// For processes that have nothing to say: nginx forgets the file here.
  void leave() noexcept;

 private:
  ngx_open_file_t* file_;
  ngx_log_t lines_{};
};

}  // namespace ngx_acme
