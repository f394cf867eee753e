// SPDX-License-Identifier: BSD-2-Clause
// What the client of a connection was shown, where it is ours.
#pragma once

#include <openssl/ssl.h>

#include <optional>
#include <string>
#include <string_view>

#include "acme_core/time_point.h"

namespace ngx_acme {

struct ShownCertificate {
  /// "valid", "expiring" with less than a sixth of its lifetime left, "expired"
  /// or "fallback".
  std::string_view state;
  std::string serial;  ///< in hexadecimal
  std::string issuer;  ///< common name of who signed it
  std::optional<acme::TimePoint> not_after;
};

/// Marks a certificate that connections are going to be shown. A failure leaves
/// it as if it was not ours.
void mark_as_managed(X509* certificate) noexcept;
void mark_as_fallback(X509* certificate) noexcept;

/// nullopt: it is none of those that were marked. Throws acme::Error.
[[nodiscard]] std::optional<ShownCertificate> shown_certificate(
    const SSL* ssl, acme::TimePoint now);

}  // namespace ngx_acme
