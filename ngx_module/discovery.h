// SPDX-License-Identifier: BSD-2-Clause
// From server blocks to managed certificates.
#pragma once

#include <deque>
#include <map>
#include <set>
#include <string>
#include <tuple>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "acme_core/engine/plan.h"
#include "ngx_module/https_redirect.h"
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
  /// Certificates for the same names, which differ in their keys only.
  struct Group {
    std::vector<std::size_t> certificates;  ///< by index in the plan
    bool is_explicit = false;               ///< by acme_certificate
    SourceLine where;
  };

  /// Remembers which servers listen with TLS, and the ssl configuration at http
  /// level. Call once, when all of the http block has been read.
  void begin(ngx_conf_t* cf);

  /// Looks at one server, whose names are complete, before the ssl module
  /// merges its own configuration. False when the configuration is refused.
  [[nodiscard]] bool add_server(ngx_conf_t* cf, MainConf& main,
                                const ServerConf& inherited, ServerConf& own);

  /// Installs the certificate callbacks, once every SSL_CTX exists. `zone` may
  /// be nullptr when nothing is managed.
  void attach(ngx_conf_t* cf, const SharedZone* zone, const FallbackKey& key);

  [[nodiscard]] std::vector<acme::CertificateSpec> take_certificates() {
    return std::move(certificates_);
  }
  [[nodiscard]] const std::vector<Group>& groups() const noexcept {
    return groups_;
  }
  [[nodiscard]] const HttpsNames& https_names() const noexcept {
    return https_names_;
  }
  /// True when some server has a TLS context of ours.
  [[nodiscard]] bool has_servers() const noexcept { return !managed_.empty(); }

 private:
  struct Request;

  void remember_listeners(const ngx_http_conf_port_t& port);
  [[nodiscard]] bool find_issuers(ngx_conf_t* cf, MainConf& main,
                                  Request& request) const;
  [[nodiscard]] bool manage(ngx_conf_t* cf, const MainConf& main,
                            const Request& request, ServerConf& own);
  [[nodiscard]] bool do_without(ngx_conf_t* cf, const Request& request,
                                ServerConf& own);
  [[nodiscard]] TlsServer& add_managed(const Request& request,
                                       ngx_http_ssl_srv_conf_t* ssl);
  void add_parts(const MainConf& main, const Request& request,
                 TlsServer& server);
  [[nodiscard]] std::pair<std::size_t, bool> share_or_add(
      acme::CertificateSpec spec);

  ngx_http_ssl_srv_conf_t* http_ssl_ = nullptr;
  /// Servers that listen with TLS, with their port: 443, if that is one.
  std::unordered_map<const ngx_http_core_srv_conf_t*, in_port_t> tls_ports_;
  /// Servers that listen on port 443 without TLS.
  std::unordered_set<const ngx_http_core_srv_conf_t*> plain_https_;
  std::vector<acme::CertificateSpec> certificates_;
  std::vector<Group> groups_;
  std::map<std::tuple<std::size_t, std::set<acme::Identifier>, acme::KeyType>,
           std::size_t>
      known_;
  HttpsNames https_names_;

  struct Managed {
    ngx_http_ssl_srv_conf_t* ssl;  ///< null: its context is not ours
    TlsServer server;
  };
  std::deque<Managed> managed_;  ///< never moved: callbacks point there
};

}  // namespace ngx_acme
