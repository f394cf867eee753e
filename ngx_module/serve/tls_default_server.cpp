// SPDX-License-Identifier: BSD-2-Clause
// What nginx would have shown without us.
#include "ngx_module/serve/tls_default_server.h"

#include "acme_core/crypto/openssl.h"
#include "ngx_module/nginx/http_block.h"
#include "ngx_module/nginx/ngx.h"
#include "ngx_module/serve/tls_certificate.h"

namespace ngx_acme {
namespace {

bool is_for(X509* certificate, std::string_view name) {
  return certificate != nullptr &&
         X509_check_host(certificate, name.data(), name.size(), 0, nullptr) ==
             1;
}

// Calls `take` for each certificate of the context that is for the name, while
// it is the current one, until it returns true.
template <typename Take>
bool any_certificate_for(SSL_CTX* context, std::string_view name, Take take) {
  for (auto found = SSL_CTX_set_current_cert(context, SSL_CERT_SET_FIRST);
       found == 1;
       found = SSL_CTX_set_current_cert(context, SSL_CERT_SET_NEXT)) {
    X509* certificate = SSL_CTX_get0_certificate(context);
    if (is_for(certificate, name) && take(certificate)) {
      return true;
    }
  }
  return false;
}

}  // namespace

SSL_CTX* default_server_certificate_for(SSL* ssl, std::string_view name) {
  const auto* connection =
      static_cast<const ngx_connection_t*>(ngx_ssl_get_connection(ssl));
  const auto* http =
      static_cast<const ngx_http_connection_t*>(connection->data);
  SSL_CTX* context = ssl_conf(*http->addr_conf->default_server).ssl.ctx;
  if (name.empty() || context == nullptr || context == SSL_get_SSL_CTX(ssl)) {
    return nullptr;
  }
  TlsServer* managed = tls_server_of(context);
  if (managed != nullptr) {
    context = context_with_newest(*managed, context, name);
  }
  return any_certificate_for(context, name, [](X509*) { return true; })
             ? context
             : nullptr;
}

bool show_certificates_of(SSL* ssl, SSL_CTX* context, std::string_view name) {
  SSL_certs_clear(ssl);
  const bool is_refused =
      any_certificate_for(context, name, [&](X509* certificate) {
        STACK_OF(X509)* issuers = nullptr;
        return SSL_CTX_get0_chain_certs(context, &issuers) != 1 ||
               SSL_use_cert_and_key(ssl, certificate,
                                    SSL_CTX_get0_privatekey(context), issuers,
                                    1) != 1;
      });
  return !is_refused;
}

}  // namespace ngx_acme
