// SPDX-License-Identifier: BSD-2-Clause
// Private keys as JSON Web Keys (RFC 7517), as other ACME clients keep them.
#pragma once

#include <optional>
#include <string_view>

#include "acme_core/crypto/private_key.h"

namespace acme {

/// An RSA key with its primes (RFC 7518 section 6.3.2), or one of the curves of
/// KeyType (section 6.2.2); nullopt for anything else, and where the parts do
/// not belong together.
[[nodiscard]] std::optional<PrivateKey> private_key_from_jwk(
    std::string_view json);

}  // namespace acme
