// SPDX-License-Identifier: BSD-2-Clause
// What a managed server shows until its first certificate exists.
#pragma once

#include <openssl/ssl.h>

#include <map>
#include <span>

#include "acme_core/crypto/openssl.h"
#include "acme_core/crypto/private_key.h"
#include "acme_core/identifier.h"
#include "acme_core/time_point.h"

namespace ngx_acme {

enum class FallbackPolicy {
  kReject,      ///< the handshake, with the alert unrecognized_name
  kSelfSigned,  ///< so that clients that do not verify get through
};

/// One key of each type in use signs the fallback certificates of one
/// configuration, so that they cost one signature. Made before nginx forks: all
/// workers have the same.
class FallbackKeys {
 public:
  /// Stays where it is. Throws acme::Error.
  [[nodiscard]] const acme::PrivateKey& of(acme::KeyType type) {
    auto found = keys_.find(type);
    if (found == keys_.end()) {
      found = keys_.emplace(type, acme::PrivateKey::generate(type)).first;
    }
    return found->second;
  }

 private:
  std::map<acme::KeyType, acme::PrivateKey> keys_;
};

/// A self-signed certificate that is made when a client first needs it, and
/// made anew before it expires.
class FallbackCertificate {
 public:
  /// Has the connection use it and nothing else. False when OpenSSL refuses.
  /// Throws acme::Error.
  [[nodiscard]] bool show(SSL* ssl, const acme::PrivateKey& key,
                          std::span<const acme::Identifier> identifiers);

 private:
  acme::X509Ptr certificate_;
  acme::TimePoint renew_at_;
};

/// Makes `context`, with which connections may begin, refuse those that reach
/// a server whose policy is kReject and that has no certificate.
void reject_while_uncertified(SSL_CTX* context) noexcept;

}  // namespace ngx_acme
