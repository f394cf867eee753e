// SPDX-License-Identifier: BSD-2-Clause
// Certificates and keys in DER.
#pragma once

#include <cstdint>
#include <span>

#include "acme_core/crypto/openssl.h"

namespace acme {

/// Takes what stands at the front of `der` off it; nullptr when that is none.
/// OpenSSL's error queue says why.
[[nodiscard]] X509Ptr take_certificate(
    std::span<const std::uint8_t>& der) noexcept;
[[nodiscard]] EvpPkeyPtr take_private_key(
    std::span<const std::uint8_t>& der) noexcept;

/// The certificate that `der` is; nullptr for anything else.
[[nodiscard]] X509Ptr certificate_from_der(
    std::span<const std::uint8_t> der) noexcept;

}  // namespace acme
