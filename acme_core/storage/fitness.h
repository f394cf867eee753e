// SPDX-License-Identifier: BSD-2-Clause
// Whether a certificate may be served for names, by nothing but itself.
//
// What is unusable is never served. What is unfit is served until there is what
// is wished.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "acme_core/crypto/certificate.h"
#include "acme_core/crypto/private_key.h"
#include "acme_core/identifier.h"
#include "acme_core/storage/store.h"

namespace acme {

/// Why it is not what a CA was asked for, or "": what a CA sends is looked at
/// so. One that has expired is better than none: by its visitor's clock it may
/// be good.
[[nodiscard]] std::string why_unfit(const StoredCertificate& certificate,
                                    std::span<const Identifier> identifiers,
                                    KeyType key_type);

/// Why it is of no use for those names, or "": it is broken, or covers none of
/// them.
[[nodiscard]] std::string why_unusable(const StoredCertificate& certificate,
                                       std::span<const Identifier> identifiers);

/// Whether a client that asks for the name takes the certificate: one of its
/// names is that name, or the wildcard above it (RFC 6125 section 6.4.3).
[[nodiscard]] bool is_covered(const Identifier& identifier,
                              std::span<const std::string> names);

/// Those of `identifiers` that `names` do not cover.
[[nodiscard]] std::vector<std::string> uncovered(
    std::span<const Identifier> identifiers,
    std::span<const std::string> names);

/// Its subject alternative names.
[[nodiscard]] std::vector<std::string> names_of(const CertificateChain& chain);

}  // namespace acme
