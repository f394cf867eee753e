// SPDX-License-Identifier: BSD-2-Clause
// A pair as one file for programs that know no PEM (RFC 7292).
#pragma once

#include <string>

#include "acme_core/crypto/certificate.h"
#include "acme_core/crypto/private_key.h"
#include "acme_core/secret.h"

namespace acme {

/// Encrypted with AES-256. `name` is what the pair is called in it. Throws
/// Error when OpenSSL fails.
[[nodiscard]] SecretBytes to_pkcs12(const CertificateChain& chain,
                                    const PrivateKey& key,
                                    const SecretBytes& password,
                                    const std::string& name);

}  // namespace acme
