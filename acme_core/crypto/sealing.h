// SPDX-License-Identifier: BSD-2-Clause
// Small secrets on disk, encrypted so that they are bound to their place.
//
// A sealed file is one line of text (docs/state-directory.md):
//
//   ngx-acme-sealed 1 <key id> <serial> <nonce, ciphertext and tag>
//
// AES-256-GCM with a random nonce of 96 bits. Associated data are all words in
// front of the last, and the name that the file goes by: what is sealed opens
// under no other name and for no other certificate. The last word is base64url,
// the key id the first 64 bits of a digest of the key, the serial that of the
// certificate that a private key belongs to, or "-".
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "acme_core/secret.h"

namespace acme {

/// Of the key that seals, in bytes.
inline constexpr std::size_t kSealingKeySize = 32;

/// What sealing adds to a file, at most, beside a third of its size.
inline constexpr std::size_t kSealingOverhead = 256;

struct SealingKeys {
  /// Each opens what it has sealed; the first one seals.
  std::vector<SecretBytes> keys;
  /// False on the way back: what is sealed is opened and kept in the open.
  bool seal = true;

  [[nodiscard]] bool seals() const noexcept { return seal && !keys.empty(); }
};

/// What a sealed secret is bound to.
struct SealSubject {
  std::string name;
  std::string serial;  ///< in hexadecimal; empty: of no certificate
};

/// A key out of a file: 32 bytes, or one line with them in hexadecimal, base64
/// or base64url; nullopt when it is none of these.
[[nodiscard]] std::optional<SecretBytes> parse_sealing_key(
    const SecretBytes& contents);

/// Tells keys apart, and nothing else of them: 16 hexadecimal digits.
[[nodiscard]] std::string sealing_key_id(const SecretBytes& key);

[[nodiscard]] bool is_sealed(std::span<const std::uint8_t> data) noexcept;

/// Throws Error when OpenSSL fails.
[[nodiscard]] SecretBytes seal(const SecretBytes& key,
                               std::span<const std::uint8_t> secret,
                               const SealSubject& subject);

struct Unsealed {
  SecretBytes secret;
  std::string serial;     ///< empty: of no certificate
  bool by_first = false;  ///< sealed with the key that seals
};

/// `fault` says why there is no value, in words that go behind a file's name.
struct UnsealResult {
  std::optional<Unsealed> value;
  std::string fault;
  bool needs_key = false;  ///< another key opens it; else it is damaged
};

[[nodiscard]] UnsealResult unseal(const SealingKeys& keys,
                                  std::span<const std::uint8_t> data,
                                  std::string_view name);

}  // namespace acme
