// SPDX-License-Identifier: BSD-2-Clause
// What a managed server shows until its first certificate exists.
#include "ngx_module/serve/fallback_certificate.h"

#include <chrono>
#include <string_view>

#include "acme_core/crypto/self_signed.h"
#include "acme_core/env/clock.h"
#include "ngx_module/nginx/ngx.h"
#include "ngx_module/nginx/ngx_guard.h"
#include "ngx_module/serve/tls_certificate.h"
#include "ngx_module/serve/tls_default_server.h"
#include "ngx_module/serve/tls_shown_certificate.h"

namespace ngx_acme {
namespace {

// Short, so that nobody comes to rely on it.
constexpr std::chrono::hours kLifetime{7 * 24};
constexpr std::chrono::hours kBeforeExpiry{24};
// Clients whose clocks are behind.
constexpr std::chrono::hours kBackdated{1};

// nginx chooses the server by the name that the client sent, and its context
// with it. Whether that server can be served at all is known after that.
int choose_server(SSL* ssl, int* alert, void* argument) {
  const int result = ngx_http_ssl_servername(ssl, alert, argument);
  if (result != SSL_TLSEXT_ERR_OK && result != SSL_TLSEXT_ERR_NOACK) {
    return result;
  }
  TlsServer* server = tls_server_of(SSL_get_SSL_CTX(ssl));
  if (server == nullptr || server->fallback_policy != FallbackPolicy::kReject) {
    return result;
  }
  const std::string_view name = requested_name(ssl);
  if (server->has_certificate(name) ||
      default_server_certificate_for(ssl, name) != nullptr) {
    return result;
  }
  *alert = SSL_AD_UNRECOGNIZED_NAME;
  return SSL_TLSEXT_ERR_ALERT_FATAL;
}

}  // namespace

bool FallbackCertificate::show(SSL* ssl, const acme::PrivateKey& key,
                               std::span<const acme::Identifier> identifiers) {
  const acme::TimePoint now = acme::SystemClock().now();
  if (!certificate_ || now >= renew_at_) {
    const std::chrono::seconds lifetime = kLifetime;
    certificate_ = acme::make_self_signed(
        key, {.identifiers = identifiers,
              .common_name = "ngx-acme temporary certificate",
              .not_before = now - kBackdated,
              .lifetime = lifetime});
    mark_as_fallback(certificate_.get());
    renew_at_ = now + kLifetime - kBeforeExpiry;
  }
  SSL_certs_clear(ssl);
  return SSL_use_cert_and_key(ssl, certificate_.get(), key.get(), nullptr, 1) ==
         1;
}

void reject_while_uncertified(SSL_CTX* context) noexcept {
  SSL_CTX_set_tlsext_servername_callback(
      context,
      (guarded<choose_server, SSL_TLSEXT_ERR_ALERT_FATAL, SSL*, int*, void*>));
}

}  // namespace ngx_acme
