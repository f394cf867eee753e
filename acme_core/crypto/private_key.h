// SPDX-License-Identifier: BSD-2-Clause
// Private keys of accounts and certificates.
#pragma once

#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "acme_core/crypto/openssl.h"
#include "acme_core/secret.h"

namespace acme {

enum class KeyType {
  kEcdsa256,
  kEcdsa384,
  kEcdsa521,
  kRsa2048,
  kRsa3072,
  kRsa4096,
};

/// The configuration's spelling: "ecdsa:256", "rsa:2048".
[[nodiscard]] std::string_view to_string(KeyType type) noexcept;

/// Bits of the curve or modulus: 256 for kEcdsa256.
[[nodiscard]] unsigned key_bits(KeyType type) noexcept;
[[nodiscard]] bool is_ecdsa(KeyType type) noexcept;

/// A private key this library can use. Movable, not copyable; wiped when
/// freed. Const methods may be called from several threads at once.
class PrivateKey {
 public:
  /// Throws Error when OpenSSL cannot make one.
  [[nodiscard]] static PrivateKey generate(KeyType type);

  /// An unencrypted PEM or DER (PKCS #8, SEC1 or PKCS #1) key of one of the
  /// types above; nullopt for anything else. Never asks for a pass phrase.
  [[nodiscard]] static std::optional<PrivateKey> from_pem(
      std::span<const std::uint8_t> pem);
  [[nodiscard]] static std::optional<PrivateKey> from_der(
      std::span<const std::uint8_t> der);

  /// The same for one that is encrypted (PKCS #8 or the old PEM form).
  [[nodiscard]] static std::optional<PrivateKey> from_encrypted_pem(
      std::span<const std::uint8_t> pem, const SecretBytes& pass_phrase);

  [[nodiscard]] KeyType type() const noexcept { return type_; }

  /// The same key once more: keys never change, so the copies share it.
  [[nodiscard]] PrivateKey copy() const;

  /// PKCS #8, unencrypted.
  [[nodiscard]] SecretBytes to_pem() const;
  [[nodiscard]] SecretBytes to_der() const;

  /// Signs as JOSE does (RFC 7518 section 3): ES256/384/512 as r||s of fixed
  /// length, RS256 as PKCS #1 v1.5.
  [[nodiscard]] std::vector<std::uint8_t> sign(std::string_view data) const;

  /// The hash with which this kind of key signs certificates and requests.
  [[nodiscard]] const EVP_MD* digest() const noexcept;

  /// "ES256", "ES384", "ES512" or "RS256".
  [[nodiscard]] std::string_view jws_algorithm() const noexcept;

  /// The public key as JSON Web Key: only the required members, in
  /// lexicographic order, without white space, as RFC 7638 section 3 hashes
  /// it. EC coordinates keep leading zero bytes (RFC 7518 section 6.2.1.2).
  [[nodiscard]] std::string jwk() const;

  /// RFC 7638 thumbprint with SHA-256, base64url.
  [[nodiscard]] std::string thumbprint() const;

  /// Borrowed; for OpenSSL calls inside crypto/.
  [[nodiscard]] EVP_PKEY* get() const noexcept { return key_.get(); }

 private:
  // OpenSSL takes longer to write a key than to make one (3.0), and an order
  // needs it four times.
  struct Encoding {
    std::once_flag once;
    SecretBytes der;
  };

  PrivateKey(EvpPkeyPtr key, KeyType type,
             std::shared_ptr<Encoding> encoding = std::make_shared<Encoding>())
      : key_(std::move(key)), type_(type), encoding_(std::move(encoding)) {}

  [[nodiscard]] const SecretBytes& der() const;

  [[nodiscard]] static std::optional<PrivateKey> adopt(EvpPkeyPtr key);

  EvpPkeyPtr key_;
  KeyType type_;
  std::shared_ptr<Encoding> encoding_;
};

}  // namespace acme
