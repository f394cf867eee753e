// SPDX-License-Identifier: BSD-2-Clause
// Revocation of certificates (RFC 8555 section 7.6).
#pragma once

#include <string>

#include "acme_core/crypto/certificate.h"

namespace acme {

/// The reasons of RFC 5280 section 5.3.1 that subscribers may give.
enum class RevocationReason {
  kUnspecified = 0,
  kKeyCompromise = 1,
  kAffiliationChanged = 3,
  kSuperseded = 4,
  kCessationOfOperation = 5,
};

/// The payload of revokeCert: the leaf in DER, base64url. kUnspecified is left
/// out, as RFC 5280 asks.
[[nodiscard]] std::string revocation_payload(const CertificateChain& chain,
                                             RevocationReason reason);

}  // namespace acme
