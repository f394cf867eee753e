// SPDX-License-Identifier: BSD-2-Clause
// TLS-ALPN-01: handshakes of a CA get their challenge certificate (RFC 8737),
// on every TLS listener of the http block.
#pragma once

#include <openssl/ssl.h>

#include "acme_core/crypto/openssl.h"
#include "ngx_module/nginx/ngx.h"

namespace ngx_acme {

class ChallengeZone;

/// Lives in the configuration.
class TlsAlpnChallenge {
 public:
  /// `zone` outlives it. Throws acme::Error.
  explicit TlsAlpnChallenge(const ChallengeZone& zone);

  /// Has the context look at its ClientHellos: one of nginx's, with which
  /// connections may begin. It costs an ordinary handshake one atomic load.
  /// This object never moves.
  void attach(SSL_CTX* context) noexcept;

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
