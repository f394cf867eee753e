// SPDX-License-Identifier: BSD-2-Clause
// From server blocks to managed certificates, step by step: which servers
// (here), which issuers (find_issuers()), which names (find_names()), which
// certificates (CertificatePlan).
#pragma once

#include <deque>
#include <vector>

#include "ngx_module/config/certificate_plan.h"
#include "ngx_module/config/certificate_source.h"
#include "ngx_module/config/ignored_names.h"
#include "ngx_module/config/managed_server.h"
#include "ngx_module/config/tls_listeners.h"
#include "ngx_module/nginx/ngx.h"
#include "ngx_module/nginx/source_line.h"
#include "ngx_module/serve/fallback_certificate.h"
#include "ngx_module/serve/https_redirect.h"
#include "ngx_module/serve/tls_key_fit.h"
#include "ngx_module/serve/tls_server.h"

namespace ngx_acme {

struct MainConf;
class StatusZone;

/// Collects what is managed while nginx merges its servers, one configuration
/// cycle long.
class Discovery {
 public:
  Discovery() = default;
  Discovery(const Discovery&) = delete;
  Discovery& operator=(const Discovery&) = delete;
  ~Discovery() = default;

  /// Remembers which servers listen with TLS, and the ssl configuration at http
  /// level. Call once, when all of the http block has been read.
  void begin(ngx_conf_t* cf);

  /// Looks at the server that nginx merges, whose names are complete, before
  /// the ssl module merges its own configuration. False when the configuration
  /// is refused.
  [[nodiscard]] bool add_server(ngx_conf_t* cf, MainConf& main,
                                const ServerConf& inherited, ServerConf& own);

  /// Decides on the certificates, once every SSL_CTX exists: their keys have to
  /// suit it. Throws acme::Error.
  void plan_certificates(ngx_conf_t* cf);

  /// What serving goes by; nullptr: there is none.
  struct Memory {
    const CertificateZone* zone = nullptr;
    SpareCertificates* spares = nullptr;
    StatusZone* status = nullptr;
  };
  /// Installs the certificate callbacks. Throws acme::Error.
  void attach(ngx_conf_t* cf, const Memory& memory, FallbackKeys& keys);

  [[nodiscard]] std::vector<acme::CertificateSpec> take_certificates() {
    return plan_.take_certificates();
  }
  [[nodiscard]] const std::vector<CertificateGroup>& groups() const noexcept {
    return plan_.groups();
  }
  /// By certificate of the plan: where the servers begin that have it.
  [[nodiscard]] const std::vector<std::vector<SourceLine>>& places()
      const noexcept {
    return places_;
  }
  [[nodiscard]] const HttpsNames& https_names() const noexcept {
    return https_names_;
  }
  [[nodiscard]] const TlsListeners& listeners() const noexcept {
    return listeners_;
  }
  /// True when some server has a TLS context of ours.
  [[nodiscard]] bool has_servers() const noexcept {
    return !tls_servers_.empty();
  }

 private:
  [[nodiscard]] bool take_server(ngx_conf_t* cf, MainConf& main,
                                 const ngx_http_core_srv_conf_t& server,
                                 const ServerConf& inherited, ServerConf& own);
  void remember_unmanaged(const ngx_http_core_srv_conf_t& server);
  [[nodiscard]] bool manage(ngx_conf_t* cf, const MainConf& main,
                            ManagedServer managed, ServerConf& own);
  [[nodiscard]] bool do_without(ngx_conf_t* cf, ManagedServer managed,
                                ServerConf& own);
  [[nodiscard]] bool is_left_alone(ngx_conf_t* cf, const ManagedServer& managed,
                                   CertificateSource source,
                                   const ServerConf& own) const;
  [[nodiscard]] bool give_context(ngx_conf_t* cf, ngx_http_ssl_srv_conf_t& ssl,
                                  TlsServer& server) const;
  void remember_place(const ManagedServer& managed);
  TlsServer& add_managed(ManagedServer& managed, const ServerConf& own);

  ngx_http_ssl_srv_conf_t* http_ssl_ = nullptr;
  TlsListeners listeners_;
  IgnoredNames ignored_names_;
  KeyFits key_fits_;
  CertificatePlan plan_;
  std::vector<std::vector<SourceLine>> places_;
  HttpsNames https_names_;
  std::deque<TlsServer> tls_servers_;   ///< never moved: callbacks point there
  std::vector<ManagedServer> managed_;  ///< until they are attached
};

}  // namespace ngx_acme
