// SPDX-License-Identifier: BSD-2-Clause
// A state directory that a command was named, opened with the keys that open
// what is sealed in it.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "acme_core/crypto/sealing.h"
#include "acme_core/storage/file_store.h"

namespace acmectl {

/// Of files as acme_state_key has them, in its order: the first one seals.
/// Throws acme::Error(kConfiguration) naming the file, never what is in it.
[[nodiscard]] acme::SealingKeys read_state_keys(
    const std::vector<std::string>& paths);

/// Throws Refusal(kNotFound) with the cure when there is no such directory.
[[nodiscard]] std::unique_ptr<acme::FileStore> open_state(
    const std::string& path, const acme::SealingKeys& keys);

}  // namespace acmectl
