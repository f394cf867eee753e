// SPDX-License-Identifier: BSD-2-Clause
// Which keys a server's TLS settings can use.
//
// Ciphers, protocols, signature algorithms, groups and the security level all
// have a say, and each OpenSSL its own rules: it is tried, with a handshake in
// memory.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "acme_core/crypto/openssl.h"
#include "acme_core/crypto/private_key.h"
#include "ngx_module/nginx/ngx.h"

namespace ngx_acme {

/// TLS 1.3 chooses certificates by other rules than the versions before it.
enum class TlsVersions : unsigned {
  kNone = 0,
  kBefore13 = 1,
  k13 = 2,
  kAll = 3,
};

[[nodiscard]] constexpr TlsVersions operator|(TlsVersions a,
                                              TlsVersions b) noexcept {
  return static_cast<TlsVersions>(static_cast<unsigned>(a) |
                                  static_cast<unsigned>(b));
}
/// Those of `wanted` that `versions` does not have.
[[nodiscard]] constexpr TlsVersions lacking(TlsVersions versions,
                                            TlsVersions wanted) noexcept {
  return static_cast<TlsVersions>(static_cast<unsigned>(wanted) &
                                  ~static_cast<unsigned>(versions));
}

/// The version of a connection whose client has said what it can do.
[[nodiscard]] TlsVersions version_of(const SSL* ssl) noexcept;

/// What one set of TLS settings can do with keys. Remembers what it has tried.
class KeyFit {
 public:
  /// As in `server`, a merged configuration with a context. Throws acme::Error.
  KeyFit(ngx_conf_t* cf, const ngx_http_ssl_srv_conf_t& server);

  /// The versions in which some client can be served with the pair.
  [[nodiscard]] TlsVersions serves(X509* certificate, EVP_PKEY* key);
  /// The same for a key of this type.
  [[nodiscard]] TlsVersions serves(acme::KeyType type);

  /// What a server with these settings should have: one type, or two of
  /// different algorithms. `has_rsa`: it has an RSA certificate now, and
  /// visitors who may need it.
  [[nodiscard]] std::vector<acme::KeyType> choose(bool has_rsa);
  /// The versions that are served with what choose() says.
  [[nodiscard]] TlsVersions servable();

 private:
  [[nodiscard]] TlsVersions enabled() const noexcept;
  [[nodiscard]] acme::KeyType first_that_serves(
      const std::vector<acme::KeyType>& types);
  [[nodiscard]] bool handshake(SSL_CTX* client_context, TlsVersions version,
                               X509* certificate, EVP_PKEY* key) const;

  acme::SslCtxPtr context_;  ///< with the server's settings
  acme::SslCtxPtr client_;   ///< with all that OpenSSL knows
  /// By algorithm (an EVP_PKEY_… number) and bits.
  std::map<std::pair<int, int>, TlsVersions> known_;
  std::vector<acme::KeyType> choice_;  ///< empty: not made yet
};

/// The settings of one configuration: few, however many servers.
class KeyFits {
 public:
  /// Throws acme::Error.
  [[nodiscard]] KeyFit& of(ngx_conf_t* cf,
                           const ngx_http_ssl_srv_conf_t& server);

 private:
  std::map<std::string, std::unique_ptr<KeyFit>> fits_;
};

/// True when a certificate of the context has an RSA key.
[[nodiscard]] bool has_rsa_certificate(SSL_CTX* context) noexcept;

}  // namespace ngx_acme
