// SPDX-License-Identifier: BSD-2-Clause
// From server blocks to managed certificates.
#pragma once

#include <deque>
#include <map>
#include <set>
#include <string>
#include <tuple>
#include <unordered_set>
#include <vector>

#include "acme_core/engine/plan.h"
#include "ngx_module/ngx.h"
#include "ngx_module/source_line.h"
#include "ngx_module/tls_certificate.h"

namespace ngx_acme {

struct MainConf;
struct ServerConf;

/// Collects what is managed while nginx merges its servers, one configuration
/// cycle long. Servers with equal names, first issuer and key type share one
/// certificate.
class Discovery {
 public:
  /// Remembers which servers listen with TLS, and the ssl configuration at http
  /// level. Call once, when all of the http block has been read.
  void begin(ngx_conf_t* cf);

  /// Looks at one server, whose names are complete, before the ssl module
  /// merges its own configuration. False when the configuration is refused.
  [[nodiscard]] bool add_server(ngx_conf_t* cf, MainConf& main,
                                const ServerConf& inherited,
                                const ServerConf& own);

  /// Installs the certificate callbacks, once every SSL_CTX exists and `zone`
  /// is known.
  void attach(const SharedZone& zone);

  [[nodiscard]] std::vector<acme::CertificateSpec> take_certificates() {
    return std::move(certificates_);
  }
  [[nodiscard]] bool empty() const noexcept { return certificates_.empty(); }

 private:
  struct Request;

  [[nodiscard]] bool listens_with_tls(
      const ngx_http_core_srv_conf_t* server) const;
  [[nodiscard]] static bool take_server_names(
      ngx_conf_t* cf, const ngx_http_core_srv_conf_t& server, bool public_ca,
      Request& request);
  [[nodiscard]] bool do_without(ngx_conf_t* cf,
                                ngx_http_ssl_srv_conf_t& ssl) const;
  [[nodiscard]] bool take_over(ngx_conf_t* cf, const Request& request);
  [[nodiscard]] static bool find_issuers(ngx_conf_t* cf, const MainConf& main,
                                         Request& request);
  [[nodiscard]] std::size_t share_or_add(acme::CertificateSpec spec);

  ngx_http_ssl_srv_conf_t* http_ssl_ = nullptr;
  std::unordered_set<const ngx_http_core_srv_conf_t*> tls_servers_;
  std::vector<acme::CertificateSpec> certificates_;
  std::map<std::tuple<std::size_t, std::set<acme::Identifier>, acme::KeyType>,
           std::size_t>
      known_;

  struct Managed {
    ngx_http_ssl_srv_conf_t* ssl;
    TlsBinding binding;
  };
  std::deque<Managed> managed_;  ///< bindings never move: callbacks point there
};

}  // namespace ngx_acme
