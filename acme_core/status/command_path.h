// SPDX-License-Identifier: BSD-2-Clause
// Paths that tell the engine to do something: POST, with write=on only.
#pragma once

#include <optional>
#include <span>
#include <string_view>

#include "acme_core/status/answer.h"

namespace acme {

/// nullopt: the path is none of a command. `segments` are those of the path:
/// {"1", "certificates", "www.example.com-…", "renew"}. An answer with a
/// command is one that waits to be handed over; all others say why not.
[[nodiscard]] std::optional<StatusAnswer> command_path(
    const StatusRequest& request, std::span<const std::string_view> segments,
    const StatusSnapshot& snapshot);

}  // namespace acme
