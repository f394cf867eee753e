// SPDX-License-Identifier: BSD-2-Clause
// What one server is to have: from its directives to its certificates.
#pragma once

#include <cstddef>
#include <vector>

#include "ngx_module/config/server_conf.h"
#include "ngx_module/config/server_names.h"
#include "ngx_module/nginx/ngx.h"
#include "ngx_module/nginx/source_line.h"
#include "ngx_module/serve/tls_server.h"

namespace ngx_acme {

/// Needed until certificates are planned and attached.
struct ManagedServer {
  const ngx_http_core_srv_conf_t* server = nullptr;
  ngx_http_ssl_srv_conf_t* ssl = nullptr;  ///< null: no TLS
  /// Its TLS context is shown our certificates by us, not by variables.
  bool has_our_context = false;
  bool is_explicit = false;  ///< by acme_certificate
  SourceLine where;          ///< of the directive
  CertificateOptions options;
  bool partial = true;
  std::vector<std::size_t> issuers;  ///< by index in the plan
  /// None: the server has to be served without a certificate.
  NameList names;
  TlsServer* tls = nullptr;

  /// What messages call it.
  [[nodiscard]] const std::string& first_name() const {
    return names.unique().front().value;
  }
  [[nodiscard]] SSL_CTX* context() const noexcept {
    return ssl == nullptr ? nullptr : ssl->ssl.ctx;
  }
};

}  // namespace ngx_acme
