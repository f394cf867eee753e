// SPDX-License-Identifier: BSD-2-Clause
// A pair that was found good once and has not changed since: its files are read
// and compared, not parsed. Ten thousand of them are loaded at a start.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "acme_core/env/file_system.h"
#include "acme_core/secret.h"
#include "acme_core/storage/certificate_document.h"

namespace acme {

struct VerifiedPair {
  std::vector<SecretBytes> chain;  ///< DER, leaf first
  SecretBytes key;                 ///< DER
  CertificateFacts facts;
  CertificateRecord record;
};

/// Digests of chain and key as they are on disk; "" when one of them is not
/// there or cannot be read.
[[nodiscard]] std::string digest_of_files(const FileSystem& files,
                                          const std::string& name);

/// True when the metadata vouches for another chain with this very leaf and
/// key: what stands behind the leaf is not what the CA has sent. Its form, as
/// line ends, does not matter.
[[nodiscard]] bool is_altered(const FileSystem& files, const std::string& name,
                              const CertificateChain& chain);

/// True when the file has exactly the chain's certificates, in its order: a
/// verified pair is taken as it is written.
[[nodiscard]] bool is_in_order(const FileSystem& files, const std::string& name,
                               const CertificateChain& chain);

/// nullopt when the metadata does not vouch for the files as they are.
[[nodiscard]] std::optional<VerifiedPair> find_verified_pair(
    const FileSystem& files, const std::string& name);

}  // namespace acme
