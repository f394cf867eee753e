// SPDX-License-Identifier: BSD-2-Clause
// What is inside of PEM files.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "acme_core/secret.h"

namespace acme {

/// The DER of each block of a PEM text, in order, whatever it is; text around
/// blocks is skipped. nullopt when a block is malformed or encrypted, or there
/// are more than 16.
[[nodiscard]] std::optional<std::vector<SecretBytes>> pem_blocks(
    std::span<const std::uint8_t> pem);

}  // namespace acme
