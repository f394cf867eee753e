// SPDX-License-Identifier: BSD-2-Clause
// Revoking certificates (RFC 8555 section 7.6).
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace acme {

/// The reasons of RFC 5280 section 5.3.1 that a subscriber may give.
enum class RevocationReason {
  kUnspecified = 0,
  kKeyCompromise = 1,
  kAffiliationChanged = 3,
  kSuperseded = 4,
  kCessationOfOperation = 5,
};

/// The payload of revokeCert for a certificate in DER. kUnspecified is left
/// out, as section 7.6 wants it to be.
[[nodiscard]] std::string revocation_payload(
    const std::vector<std::uint8_t>& certificate, RevocationReason reason);

}  // namespace acme
