// SPDX-License-Identifier: BSD-2-Clause
// The handshake of a CA.
//
// A connection that asks for "acme-tls/1" alone, and for a name whose challenge
// is live, is switched to an SSL_CTX of our own while OpenSSL reads its
// ClientHello: before nginx looks for a server, asks for a client certificate
// or rejects the handshake.
#include "ngx_module/challenge/tls_alpn_challenge.h"

#include <openssl/err.h>
#include <openssl/x509.h>

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>

#include "acme_core/crypto/der.h"
#include "ngx_module/challenge/client_hello.h"
#include "ngx_module/nginx/ngx_compat.h"
#include "ngx_module/nginx/ngx_guard.h"
#include "ngx_module/shared/challenge_zone.h"

namespace ngx_acme {
namespace {

// The extension's contents; empty when the client did not send it.
std::string_view extension(SSL* ssl, unsigned int type) noexcept {
  const unsigned char* data = nullptr;
  std::size_t size = 0;
  if (SSL_client_hello_get0_ext(ssl, type, &data, &size) != 1) {
    return {};
  }
  return {reinterpret_cast<const char*>(data), size};
}

struct Pair {
  acme::X509Ptr certificate;
  acme::EvpPkeyPtr key;
};

std::optional<Pair> parse(std::span<const std::uint8_t> der) {
  Pair pair{acme::take_certificate(der), nullptr};
  if (pair.certificate) {
    pair.key = acme::take_private_key(der);
  }
  return pair.key ? std::optional(std::move(pair)) : std::nullopt;
}

// What a connection keeps from the SSL_CTX that it was made with.
void drop_server_settings(SSL* ssl) noexcept {
  static constexpr std::array<unsigned char, 10> kSessions{
      'a', 'c', 'm', 'e', '-', 't', 'l', 's', '/', '1'};
  SSL_set_verify(ssl, SSL_VERIFY_NONE, nullptr);
  // TLS 1.2 or higher (RFC 8737 section 3), whatever "ssl_protocols" says.
  SSL_clear_options(ssl, SSL_OP_NO_TLSv1_2 | SSL_OP_NO_TLSv1_3);
  SSL_set_min_proto_version(ssl, TLS1_2_VERSION);
  SSL_set_max_proto_version(ssl, 0);
  // Sessions are for those who want to come back.
  SSL_set_options(ssl, SSL_OP_NO_TICKET);
  SSL_set_num_tickets(ssl, 0);
  SSL_set_session_id_context(ssl, kSessions.data(), kSessions.size());
}

int select_protocol(SSL*, const unsigned char** out, unsigned char* out_size,
                    const unsigned char*, unsigned int, void*) noexcept {
  *out = reinterpret_cast<const unsigned char*>(kAcmeTls.data());
  *out_size = static_cast<unsigned char>(kAcmeTls.size());
  return SSL_TLSEXT_ERR_OK;
}

// Stands in the way of nginx's own, which would look for a server.
int accept_server_name(SSL*, int*, void*) noexcept { return SSL_TLSEXT_ERR_OK; }

}  // namespace

TlsAlpnChallenge::TlsAlpnChallenge(const ChallengeZone& zone)
    : zone_(zone), context_(SSL_CTX_new(TLS_server_method())) {
  if (!context_) {
    throw acme::openssl_error("cannot make a context for challenges");
  }
  SSL_CTX_set_alpn_select_cb(context_.get(), select_protocol, nullptr);
  SSL_CTX_set_tlsext_servername_callback(context_.get(), accept_server_name);
}

void TlsAlpnChallenge::attach(SSL_CTX* context) noexcept {
  SSL_CTX_set_client_hello_cb(context, on_client_hello, this);
}

int TlsAlpnChallenge::on_client_hello(SSL* ssl, int* alert,
                                      void* self) noexcept {
  const auto& challenge = *static_cast<const TlsAlpnChallenge*>(self);
  if (!challenge.zone_.has_tls_alpn()) {
    return call_nginx_client_hello(ssl, alert);
  }
  switch (
      guarded<[](const TlsAlpnChallenge* c, SSL* s) { return c->take_over(s); },
              Outcome::kFailed, const TlsAlpnChallenge*, SSL*>(&challenge,
                                                               ssl)) {
    case Outcome::kTaken:
      return SSL_CLIENT_HELLO_SUCCESS;
    case Outcome::kNotOurs:
      return call_nginx_client_hello(ssl, alert);
    case Outcome::kFailed:
      break;
  }
  *alert = SSL_AD_INTERNAL_ERROR;
  return SSL_CLIENT_HELLO_ERROR;
}

TlsAlpnChallenge::Outcome TlsAlpnChallenge::take_over(SSL* ssl) const {
  if (!offers_only_acme_tls(
          extension(ssl, TLSEXT_TYPE_application_layer_protocol_negotiation))) {
    return Outcome::kNotOurs;
  }
  auto* connection =
      static_cast<ngx_connection_t*>(ngx_ssl_get_connection(ssl));
  if (is_quic(*connection)) {
    return Outcome::kNotOurs;
  }
  const std::string name = server_name(extension(ssl, TLSEXT_TYPE_server_name));
  const acme::SecretBytes der = zone_.find_tls_alpn(name);
  if (der.empty()) {
    return Outcome::kNotOurs;
  }
  const std::optional<Pair> pair = parse(der);
  if (!pair || SSL_set_SSL_CTX(ssl, context_.get()) == nullptr ||
      SSL_use_certificate(ssl, pair->certificate.get()) != 1 ||
      SSL_use_PrivateKey(ssl, pair->key.get()) != 1) {
    ngx_log_error(
        NGX_LOG_ERR, connection->log, 0,
        "acme: cannot show the challenge certificate of \"%*s\", the next "
        "connection tries again: %s",
        name.size(), name.data(), acme::take_openssl_errors().c_str());
    return Outcome::kFailed;
  }
  drop_server_settings(ssl);
  // Once the handshake is done, the connection is over (RFC 8737 section 3):
  // nginx closes instead of waiting for a request.
  connection->close = 1;
  ngx_log_error(NGX_LOG_INFO, connection->log, 0,
                "acme: showing the challenge certificate of \"%*s\"",
                name.size(), name.data());
  return Outcome::kTaken;
}

}  // namespace ngx_acme
