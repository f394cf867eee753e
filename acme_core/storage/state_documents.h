// SPDX-License-Identifier: BSD-2-Clause
// The JSON files of a state directory.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "acme_core/crypto/certificate.h"
#include "acme_core/crypto/private_key.h"
#include "acme_core/identifier.h"

namespace acme {

/// <name>.json: for people and other programs; of no weight to us.
struct CertificateMetadata {
  std::string issuer;
  std::string serial;
};

[[nodiscard]] std::string write_metadata(const std::string& issuer,
                                         const CertificateChain& chain,
                                         KeyType key_type);

/// Members that are missing or no strings are empty. Never fails.
[[nodiscard]] CertificateMetadata read_metadata(std::string_view text);

/// orders/<name>.json, beside the key in orders/<name>.key.
struct OrderDocument {
  std::string order_url;
  std::vector<Identifier> identifiers;
};

[[nodiscard]] std::string write_order(
    const std::string& order_url, const std::vector<Identifier>& identifiers);

/// nullopt when a member is missing or makes no sense.
[[nodiscard]] std::optional<OrderDocument> read_order(std::string_view text);

}  // namespace acme
