// SPDX-License-Identifier: BSD-2-Clause
// Where the engine hands over what the server serves.
#pragma once

#include <cstddef>
#include <optional>
#include <string_view>

#include "acme_core/challenge/dns_listen.h"
#include "acme_core/challenge/http01.h"
#include "acme_core/challenge/tls_alpn01.h"
#include "acme_core/storage/store.h"

namespace acme {

/// The serving side as the engine sees it: nginx's shared memory, or a test's
/// map. Thread-safe.
class Publisher : public Http01Responder,
                  public TlsAlpn01Responder,
                  public Dns01Responder {
 public:
  /// Serves the pair for Plan::certificates[index] from now on. Throws
  /// Error(kConfiguration) when there is no room; what was served stays.
  virtual void put_certificate(std::size_t index,
                               const StoredCertificate& certificate) = 0;

  /// Answers every well-formed HTTP-01 token that is not live with the token,
  /// a dot and `thumbprint` from now on; "" ends that. Throws as
  /// put_challenge() does.
  virtual void put_thumbprint(std::string_view thumbprint) = 0;

  /// Whether certificate() has something.
  [[nodiscard]] virtual bool has_certificate(
      std::size_t index) const noexcept = 0;

  /// What is served for the certificate, or nullopt.
  [[nodiscard]] virtual std::optional<StoredCertificate> certificate(
      std::size_t index) const = 0;
};

}  // namespace acme
