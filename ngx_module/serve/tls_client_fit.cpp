// SPDX-License-Identifier: BSD-2-Clause
// What the client of a connection can use.
#include "ngx_module/serve/tls_client_fit.h"

#include <openssl/obj_mac.h>

#include <cstdint>

#include "acme_core/crypto/openssl.h"

namespace ngx_acme {
namespace {

bool has_cipher(const STACK_OF(SSL_CIPHER) * ciphers, std::uint32_t id) {
  for (int i = 0; i < sk_SSL_CIPHER_num(ciphers); ++i) {
    if (SSL_CIPHER_get_id(sk_SSL_CIPHER_value(ciphers, i)) == id) {
      return true;
    }
  }
  return false;
}

// Before TLS 1.3, a cipher is for one kind of key.
bool shares_cipher_for(SSL* ssl, int authentication) {
  const STACK_OF(SSL_CIPHER)* of_client = SSL_get_client_ciphers(ssl);
  const STACK_OF(SSL_CIPHER)* of_server = SSL_get_ciphers(ssl);
  for (int i = 0; i < sk_SSL_CIPHER_num(of_server); ++i) {
    const SSL_CIPHER* cipher = sk_SSL_CIPHER_value(of_server, i);
    if (SSL_CIPHER_get_auth_nid(cipher) == authentication &&
        has_cipher(of_client, SSL_CIPHER_get_id(cipher))) {
      return true;
    }
  }
  return false;
}

}  // namespace

bool is_usable_by_client(SSL* ssl, X509* certificate) {
  const acme::OpensslErrorScope errors;
  EVP_PKEY* key = X509_get0_pubkey(certificate);
  if (key == nullptr || (SSL_check_chain(ssl, certificate, key, nullptr) &
                         CERT_PKEY_VALID) == 0) {
    return false;
  }
  return SSL_version(ssl) >= TLS1_3_VERSION ||
         shares_cipher_for(ssl, EVP_PKEY_get_base_id(key) == EVP_PKEY_RSA
                                    ? NID_auth_rsa
                                    : NID_auth_ecdsa);
}

}  // namespace ngx_acme
