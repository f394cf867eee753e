// SPDX-License-Identifier: BSD-2-Clause
// How a server comes by its certificates, as the ssl module's directives have
// it before that module merges them.
#pragma once

#include <string>

#include "ngx_module/config/tls_listeners.h"
#include "ngx_module/nginx/ngx.h"

namespace ngx_acme {

/// How a server comes by its certificates without us.
enum class CertificateSource {
  kNone,          ///< it does not, or leaves it to us
  kFiles,         ///< the operator's own
  kVariables,     ///< chosen at each handshake
  kOurVariables,  ///< likewise, with ours among them
};

/// An operator who follows the official module's documentation writes
/// "ssl_certificate $acme_certificate": that is us, not a file.
[[nodiscard]] CertificateSource certificate_source(
    const ngx_http_ssl_srv_conf_t& ssl, const ngx_http_ssl_srv_conf_t& http);

/// True with `ssl_reject_handshake on`.
[[nodiscard]] bool rejects_handshakes(const ngx_http_ssl_srv_conf_t& ssl,
                                      const ngx_http_ssl_srv_conf_t& http);

/// True with `ssl_certificate_compression on`.
[[nodiscard]] bool compresses_certificates(const ngx_http_ssl_srv_conf_t& ssl,
                                           const ngx_http_ssl_srv_conf_t& http);

/// True when nginx does not start unless the server has a certificate: the
/// default server of an address needs one, or else everybody there.
[[nodiscard]] bool needs_certificate(const ngx_http_core_srv_conf_t& server,
                                     const TlsListeners& listeners,
                                     const ngx_http_ssl_srv_conf_t& http);

/// What nginx refuses in a server that has a certificate, and overlooks in one
/// that has none; empty: nothing.
[[nodiscard]] std::string why_no_context(const ngx_http_ssl_srv_conf_t& ssl,
                                         const ngx_http_ssl_srv_conf_t& http);

/// Has nginx make the server's SSL_CTX without asking for certificate files.
/// False without memory.
[[nodiscard]] bool make_empty_lists(ngx_conf_t* cf,
                                    ngx_http_ssl_srv_conf_t& ssl);

}  // namespace ngx_acme
