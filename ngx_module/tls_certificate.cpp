// SPDX-License-Identifier: BSD-2-Clause
// The certificate callback.
#include "ngx_module/tls_certificate.h"

#include <openssl/err.h>
#include <openssl/x509.h>

#include <memory>
#include <vector>

#include "acme_core/crypto/openssl.h"
#include "ngx_module/ngx.h"
#include "ngx_module/ngx_guard.h"
#include "ngx_module/shared_zone.h"

namespace ngx_acme {
namespace {

struct FreeStack {
  void operator()(STACK_OF(X509) * stack) const noexcept {
    sk_X509_pop_free(stack, X509_free);
  }
};

struct ParsedPair {
  acme::X509Ptr leaf;
  std::unique_ptr<STACK_OF(X509), FreeStack> issuers;
  acme::EvpPkeyPtr key;
};

acme::X509Ptr parse_certificate(const std::vector<std::uint8_t>& der) {
  const unsigned char* cursor = der.data();
  return acme::X509Ptr(
      d2i_X509(nullptr, &cursor, static_cast<long>(der.size())));
}

// False when OpenSSL cannot read what the zone holds.
bool parse(const CopiedPair& pair, ParsedPair& parsed) {
  parsed.leaf = parse_certificate(pair.chain.front());
  parsed.issuers.reset(sk_X509_new_null());
  const unsigned char* cursor = pair.key.data();
  parsed.key.reset(
      d2i_AutoPrivateKey(nullptr, &cursor, static_cast<long>(pair.key.size())));
  if (!parsed.leaf || !parsed.issuers || !parsed.key) {
    return false;
  }
  for (std::size_t i = 1; i < pair.chain.size(); ++i) {
    acme::X509Ptr issuer = parse_certificate(pair.chain[i]);
    if (!issuer || sk_X509_push(parsed.issuers.get(), issuer.get()) == 0) {
      return false;
    }
    [[maybe_unused]] X509* owned_by_stack = issuer.release();
  }
  return true;
}

// Copies the newest pair out of the zone into the context, for this and all
// later connections. What does not fit leaves the context as it is.
void swap_in(SSL_CTX* context, TlsBinding& binding) {
  const std::optional<CopiedPair> pair =
      binding.zone->copy_pair(binding.certificate);
  if (!pair) {
    return;
  }
  // Also when it cannot be used: another try would fail the same way.
  binding.installed = pair->generation;
  ParsedPair parsed;
  if (!parse(*pair, parsed) ||
      SSL_CTX_use_cert_and_key(context, parsed.leaf.get(), parsed.key.get(),
                               parsed.issuers.get(), 1) != 1) {
    ngx_log_error(NGX_LOG_ERR, ngx_cycle->log, 0,
                  "acme: a new certificate cannot be installed, the previous "
                  "one stays: %s",
                  acme::take_openssl_errors().c_str());
  }
}

// A connection copies its certificates when it begins; one that began before
// the swap, or whose context also holds the operator's own certificates, is
// given exactly ours.
void use_for_connection(SSL* ssl, SSL_CTX* context) {
  STACK_OF(X509)* issuers = nullptr;
  SSL_CTX_get0_chain_certs(context, &issuers);
  SSL_certs_clear(ssl);
  if (SSL_use_cert_and_key(ssl, SSL_CTX_get0_certificate(context),
                           SSL_CTX_get0_privatekey(context), issuers, 1) != 1) {
    ngx_log_error(NGX_LOG_ERR, ngx_cycle->log, 0,
                  "acme: a certificate cannot be used: %s",
                  acme::take_openssl_errors().c_str());
  }
}

int select_certificate(SSL* ssl, void* data) {
  TlsBinding& binding = *static_cast<TlsBinding*>(data);
  SSL_CTX* context = SSL_get_SSL_CTX(ssl);
  if (binding.zone->generation(binding.certificate) != binding.installed) {
    swap_in(context, binding);
  }
  if (binding.installed != 0 &&
      (binding.has_operator_certificates ||
       SSL_get_certificate(ssl) != SSL_CTX_get0_certificate(context))) {
    use_for_connection(ssl, context);
  }
  return 1;
}

}  // namespace

void attach_certificate(SSL_CTX* context, TlsBinding& binding) noexcept {
  // A failure leaves the handshake to what the context has.
  SSL_CTX_set_cert_cb(context, guarded<select_certificate, 1, SSL*, void*>,
                      &binding);
}

}  // namespace ngx_acme
