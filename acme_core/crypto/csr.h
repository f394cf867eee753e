// SPDX-License-Identifier: BSD-2-Clause
// Certificate signing requests.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "acme_core/crypto/distinguished_name.h"
#include "acme_core/crypto/private_key.h"
#include "acme_core/identifier.h"

namespace acme {

/// A PKCS #10 request in DER with the identifiers as subject alternative names
/// (RFC 8555 section 7.4, RFC 8738 section 4). The subject is `subject` and
/// then `common_name`, which has at most 64 characters, and is left out when
/// empty. With `must_staple`, clients are to refuse the certificate without a
/// status response beside it (RFC 7633, of the feature status_request).
[[nodiscard]] std::vector<std::uint8_t> make_csr(
    const PrivateKey& key, std::span<const Identifier> identifiers,
    const std::string& common_name = {}, bool must_staple = false,
    const DistinguishedName& subject = {});

}  // namespace acme
