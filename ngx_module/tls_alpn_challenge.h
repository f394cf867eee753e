// SPDX-License-Identifier: BSD-2-Clause
// TLS-ALPN-01: handshakes of a CA get their challenge certificate (RFC 8737),
// on every TLS listener of the http block.
#pragma once

#include <openssl/ssl.h>

#include "acme_core/crypto/openssl.h"
#include "ngx_module/ngx.h"

namespace ngx_acme {

class ChallengeZone;

/// Lives in the configuration.
class TlsAlpnChallenge {
 public:
  /// `zone` outlives it. Throws acme::Error.
  explicit TlsAlpnChallenge(const ChallengeZone& zone);

  /// Has every server's SSL_CTX look at its ClientHellos, those of unmanaged
  /// servers too: the CA may arrive at a default server. It costs an ordinary
  /// handshake one atomic load. Call once every SSL_CTX exists; this object
  /// never moves.
  void attach(ngx_conf_t* cf);

 private:
  enum class Outcome {
    kNotOurs,  ///< nothing has been changed
    kTaken,
    kFailed,
  };

  static int on_client_hello(SSL* ssl, int* alert, void* self) noexcept;
  [[nodiscard]] Outcome take_over(SSL* ssl) const;

  const ChallengeZone& zone_;
  /// Without a certificate: each connection is given its own.
  acme::SslCtxPtr context_;
};

}  // namespace ngx_acme
