// SPDX-License-Identifier: BSD-2-Clause
// What is inside of PEM files.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "acme_core/secret.h"

namespace acme {

struct PemBlock {
  std::string label;  ///< "CERTIFICATE", "PRIVATE KEY"
  SecretBytes der;
};

/// The blocks of a PEM text, in order; text around them is skipped. nullopt
/// when one is malformed or encrypted, or there are more than 16: longer chains
/// do not exist, and a server that sends one wants our memory.
[[nodiscard]] std::optional<std::vector<PemBlock>> pem_blocks(
    std::span<const std::uint8_t> pem);

}  // namespace acme
