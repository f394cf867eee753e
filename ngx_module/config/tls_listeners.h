// SPDX-License-Identifier: BSD-2-Clause
// Which servers speak TLS, where, and which of them nginx asks for a
// certificate.
#pragma once

#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "ngx_module/nginx/ngx.h"
#include "ngx_module/serve/https_port.h"

namespace ngx_acme {

/// The servers' TLS listeners, as the `listen` directives have them.
class TlsListeners {
 public:
  /// Call once, when all of the http block has been read.
  void read(ngx_conf_t* cf);

  [[nodiscard]] bool has(const ngx_http_core_srv_conf_t& server) const {
    return ports_.contains(&server);
  }
  /// Where a browser finds the server best.
  [[nodiscard]] HttpsPort port_of(const ngx_http_core_srv_conf_t& server) const;

  /// True for one that listens on port 443 without TLS.
  [[nodiscard]] bool is_plain_https(
      const ngx_http_core_srv_conf_t& server) const {
    return plain_https_.contains(&server);
  }

  /// The default servers of the addresses where the server speaks TLS.
  [[nodiscard]] const std::vector<const ngx_http_core_srv_conf_t*>& defaults_of(
      const ngx_http_core_srv_conf_t& server) const;

 private:
  void add(const ngx_http_conf_addr_t& address,
           const ngx_http_ssl_srv_conf_t& http_ssl);

  std::unordered_map<const ngx_http_core_srv_conf_t*, HttpsPort> ports_;
  std::unordered_map<const ngx_http_core_srv_conf_t*,
                     std::vector<const ngx_http_core_srv_conf_t*>>
      defaults_;
  std::unordered_set<const ngx_http_core_srv_conf_t*> plain_https_;
};

}  // namespace ngx_acme
