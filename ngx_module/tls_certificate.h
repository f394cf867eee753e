// SPDX-License-Identifier: BSD-2-Clause
// Serving: from shared memory into OpenSSL's contexts, without a reload.
#pragma once

#include <openssl/ssl.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

#include "acme_core/crypto/openssl.h"

namespace ngx_acme {

class SharedZone;

/// Ties one SSL_CTX to one certificate of the zone, or to two whose keys are of
/// different algorithms. Lives in the configuration; each worker has its own
/// copy after the fork.
struct TlsBinding {
  struct Certificate {
    std::size_t index = 0;  ///< in the plan
    /// The generation this worker has looked at; 0: none.
    std::uint64_t installed = 0;
    /// The leaf that it put into the SSL_CTX; null before the first.
    acme::X509Ptr leaf;
  };

  const SharedZone* zone = nullptr;
  std::array<Certificate, 2> slots;
  std::size_t count = 0;  ///< of the slots in use
  /// The context also holds certificates of the operator, which serve until
  /// ours are ready and must not be chosen afterwards.
  bool has_foreign_certificates = false;

  void add(std::size_t index) { slots.at(count++).index = index; }
  [[nodiscard]] std::span<Certificate> certificates() noexcept {
    return std::span(slots).first(count);
  }
  [[nodiscard]] std::span<const Certificate> certificates() const noexcept {
    return std::span(slots).first(count);
  }
};

/// Makes `context` look for newer certificates at each handshake: one atomic
/// load each, unless there are some. `binding` outlives the context.
void attach_certificate(SSL_CTX* context, TlsBinding& binding) noexcept;

}  // namespace ngx_acme
