// SPDX-License-Identifier: BSD-2-Clause
// Serving: from shared memory into OpenSSL's contexts, without a reload.
#pragma once

#include <openssl/ssl.h>

#include <cstddef>
#include <cstdint>

namespace ngx_acme {

class SharedZone;

/// Ties one SSL_CTX to one certificate of the zone. Lives in the
/// configuration; each worker has its own copy after the fork.
struct TlsBinding {
  const SharedZone* zone = nullptr;
  std::size_t certificate = 0;  ///< index in the plan
  /// The generation this worker has put into the SSL_CTX; 0: none.
  std::uint64_t installed = 0;
  /// The context also holds the operator's own certificates, which serve until
  /// ours is ready and must not be chosen afterwards.
  bool has_operator_certificates = false;
};

/// Makes `context` look for a newer certificate at each handshake: one atomic
/// load, unless there is one. `binding` outlives the context.
void attach_certificate(SSL_CTX* context, TlsBinding& binding) noexcept;

}  // namespace ngx_acme
