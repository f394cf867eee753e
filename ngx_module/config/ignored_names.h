// SPDX-License-Identifier: BSD-2-Clause
// Names of a server that nginx ignores: an earlier server has them.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <unordered_map>

#include "ngx_module/nginx/ngx.h"

namespace ngx_acme {

/// nginx says `conflicting server name "…", ignored` of a name that an earlier
/// server has on the same address and port, and serves it by that one.
class IgnoredNames {
 public:
  /// Call when all of the http block has been read.
  void read(ngx_conf_t* cf);

  /// Which server has the name instead on every address where this one speaks
  /// TLS, or "". `name` is as in server_name.
  [[nodiscard]] std::string why_ignored(const ngx_http_core_srv_conf_t& server,
                                        std::string_view name) const;

 private:
  void add(const ngx_http_conf_addr_t& address);
  struct Conflict {
    const ngx_http_core_srv_conf_t* owner = nullptr;
    std::size_t addresses = 0;
  };

  std::unordered_map<const ngx_http_core_srv_conf_t*, std::size_t> addresses_;
  std::unordered_map<const ngx_http_core_srv_conf_t*,
                     std::unordered_map<std::string, Conflict>>
      conflicts_;
};

}  // namespace ngx_acme
