// SPDX-License-Identifier: BSD-2-Clause
// From server blocks to managed certificates.
#pragma once

#include <deque>
#include <map>
#include <set>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "acme_core/engine/plan.h"
#include "ngx_module/certificate_source.h"
#include "ngx_module/fallback_certificate.h"
#include "ngx_module/https_redirect.h"
#include "ngx_module/ignored_names.h"
#include "ngx_module/ngx.h"
#include "ngx_module/source_line.h"
#include "ngx_module/tls_certificate.h"
#include "ngx_module/tls_key_fit.h"
#include "ngx_module/tls_listeners.h"

namespace ngx_acme {

struct MainConf;
struct ServerConf;

/// Collects what is managed while nginx merges its servers, one configuration
/// cycle long. Servers with equal names, first issuer and key type share one
/// certificate.
class Discovery {
 public:
  Discovery();
  Discovery(const Discovery&) = delete;
  Discovery& operator=(const Discovery&) = delete;
  ~Discovery();

  /// Certificates for the same names, which differ in their keys only.
  struct Group {
    std::vector<std::size_t> certificates;  ///< by index in the plan
    bool is_explicit = false;               ///< by acme_certificate
    SourceLine where;
    std::string why_keys;  ///< why these keys; empty: nothing special
  };

  /// Remembers which servers listen with TLS, and the ssl configuration at http
  /// level. Call once, when all of the http block has been read.
  void begin(ngx_conf_t* cf);

  /// Looks at one server, whose names are complete, before the ssl module
  /// merges its own configuration. False when the configuration is refused.
  [[nodiscard]] bool add_server(ngx_conf_t* cf, MainConf& main,
                                const ServerConf& inherited, ServerConf& own);

  /// Decides on the certificates, once every SSL_CTX exists: their keys have to
  /// suit it. Throws acme::Error.
  void plan_certificates(ngx_conf_t* cf);

  /// Installs the certificate callbacks. `zone` may be nullptr when nothing is
  /// managed. Throws acme::Error.
  void attach(ngx_conf_t* cf, const SharedZone* zone, SpareCertificates* spares,
              FallbackKeys& keys);

  [[nodiscard]] std::vector<acme::CertificateSpec> take_certificates() {
    return std::move(certificates_);
  }
  [[nodiscard]] const std::vector<Group>& groups() const noexcept {
    return groups_;
  }
  [[nodiscard]] const HttpsNames& https_names() const noexcept {
    return https_names_;
  }
  [[nodiscard]] const TlsListeners& listeners() const noexcept {
    return listeners_;
  }
  /// True when some server has a TLS context of ours.
  [[nodiscard]] bool has_servers() const noexcept { return !managed_.empty(); }

 private:
  struct Request;

  [[nodiscard]] bool take_server(ngx_conf_t* cf, MainConf& main,
                                 const ngx_http_core_srv_conf_t& server,
                                 const ServerConf& inherited, ServerConf& own);
  void remember_unmanaged(const ngx_http_core_srv_conf_t& server);
  [[nodiscard]] bool find_issuers(ngx_conf_t* cf, MainConf& main,
                                  Request& request) const;
  [[nodiscard]] bool manage(ngx_conf_t* cf, const MainConf& main,
                            Request request, ServerConf& own);
  [[nodiscard]] bool is_left_alone(ngx_conf_t* cf, const Request& request,
                                   CertificateSource source,
                                   const ServerConf& own);
  [[nodiscard]] bool give_context(ngx_conf_t* cf, ngx_http_ssl_srv_conf_t& ssl,
                                  TlsServer& server) const;
  [[nodiscard]] bool do_without(ngx_conf_t* cf, const Request& request,
                                ServerConf& own);
  [[nodiscard]] TlsServer& add_managed(const Request& request,
                                       ngx_http_ssl_srv_conf_t* ssl);
  static void make_parts(const MainConf& main, const Request& request,
                         TlsServer& server);
  void plan_server(ngx_conf_t* cf, const Request& request, TlsServer& server);
  void warn_of_unusable_keys(ngx_conf_t* cf, const Request& request,
                             KeyFit& fit);
  [[nodiscard]] std::pair<std::size_t, bool> share_or_add(
      ngx_conf_t* cf, acme::CertificateSpec spec, const SourceLine& where);

  ngx_http_ssl_srv_conf_t* http_ssl_ = nullptr;
  TlsListeners listeners_;
  IgnoredNames ignored_names_;
  std::deque<std::pair<Request, TlsServer*>> requests_;
  KeyFits key_fits_;
  /// Directives whose keys have been warned of.
  std::set<SourceLine> warned_of_keys_;
  std::vector<acme::CertificateSpec> certificates_;
  std::vector<SourceLine> certificate_places_;  ///< of their first directives
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
