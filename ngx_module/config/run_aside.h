// SPDX-License-Identifier: BSD-2-Clause
// Work with a key that leaves nothing in this process.
//
// OpenSSL frees much of what it reads and makes without overwriting it. What
// the master reads while it takes a configuration would stay in the free memory
// of every process that it starts from then on.
#pragma once

#include <functional>
#include <optional>

#include "acme_core/secret.h"

namespace ngx_acme {

/// What `work` returns, at most 64 KiB, run in a process of its own; in this
/// one when there can be no other. nullopt when it returns that or throws. Only
/// while there is one thread.
[[nodiscard]] std::optional<acme::SecretBytes> run_aside(
    const std::function<std::optional<acme::SecretBytes>()>& work);

}  // namespace ngx_acme
