// SPDX-License-Identifier: BSD-2-Clause
// Checks signatures as the other side of JOSE does.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

#include "acme_core/crypto/private_key.h"

namespace acme {

/// True when `signature` is what RFC 7518 section 3 wants for `data` and the
/// key's algorithm: r||s of full width, or PKCS #1 v1.5.
[[nodiscard]] bool is_jose_signature(const PrivateKey& key,
                                     std::string_view data,
                                     std::span<const std::uint8_t> signature);

}  // namespace acme
