// SPDX-License-Identifier: BSD-2-Clause
// The certificate that a CA wants to see for a tls-alpn-01 challenge.
#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include "acme_core/identifier.h"
#include "acme_core/secret.h"

namespace acme {

struct ChallengeCertificate {
  std::vector<std::uint8_t> certificate;  ///< DER
  SecretBytes key;                        ///< PKCS #8 in DER
};

/// Self-signed, with a P-256 key of its own, `identifier` as the only subject
/// alternative name, and `digest` in a critical id-pe-acmeIdentifier extension
/// (RFC 8737 section 3). Throws Error.
[[nodiscard]] ChallengeCertificate make_challenge_certificate(
    const Identifier& identifier, const std::array<std::uint8_t, 32>& digest);

}  // namespace acme
