// SPDX-License-Identifier: BSD-2-Clause
// Identifiers as X.509 writes them.
#pragma once

#include <cstddef>
#include <span>
#include <string>

#include "acme_core/crypto/openssl.h"
#include "acme_core/identifier.h"

namespace acme {

/// The longest common name (RFC 5280 appendix A.1, ub-common-name).
inline constexpr std::size_t kLongestCommonName = 64;

/// The names of a subjectAltName extension (RFC 5280 section 4.2.1.6). Throws
/// Error.
[[nodiscard]] GeneralNamesPtr make_general_names(
    std::span<const Identifier> identifiers);

/// The first DNS name, else the first IP address, as subjects name it; "" when
/// there is none or it is too long.
[[nodiscard]] std::string common_name_for(
    std::span<const Identifier> identifiers);

}  // namespace acme
