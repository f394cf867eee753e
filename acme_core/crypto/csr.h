// SPDX-License-Identifier: BSD-2-Clause
// Certificate signing requests.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "acme_core/crypto/private_key.h"
#include "acme_core/identifier.h"

namespace acme {

/// A PKCS #10 request in DER with an empty subject and the identifiers as
/// subject alternative names (RFC 8555 section 7.4, RFC 8738 section 4).
[[nodiscard]] std::vector<std::uint8_t> make_csr(
    const PrivateKey& key, std::span<const Identifier> identifiers);

}  // namespace acme
