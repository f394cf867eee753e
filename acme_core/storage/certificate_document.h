// SPDX-License-Identifier: BSD-2-Clause
// <name>.json: what people and tools may want to know about a certificate, and
// what we remember of it. No key and no certificate depends on it.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "acme_core/crypto/certificate.h"
#include "acme_core/crypto/private_key.h"
#include "acme_core/storage/records.h"

namespace acme {

/// What the certificate itself says, as it is written in the file. All empty
/// while there is none.
struct CertificateFacts {
  std::vector<std::string> identifiers;
  std::string key;     ///< "ecdsa:256"
  std::string serial;  ///< as CertificateChain::serial()
  std::string not_before;
  std::string not_after;
  std::vector<std::string> chain;  ///< names of issuers: the leaf's … the top
  /// digest_of_files() when the pair was found good; empty: not known.
  std::string verified_files = {};
};

[[nodiscard]] CertificateFacts facts_of(const CertificateChain& chain,
                                        KeyType key_type);

struct CertificateDocument {
  CertificateFacts facts;
  CertificateRecord record;
};

[[nodiscard]] std::string write_certificate_document(
    const CertificateFacts& facts, const CertificateRecord& record);

/// Skips what is malformed or too much. Never fails.
[[nodiscard]] CertificateDocument read_certificate_document(
    std::string_view text);

}  // namespace acme
