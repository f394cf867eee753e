// SPDX-License-Identifier: BSD-2-Clause
// State directories as a StatusDoor: what is seen while nginx does not run.
#pragma once

#include <memory>
#include <vector>

#include "acme_core/status/model.h"
#include "acmectl/nginx_facts.h"
#include "acmectl/status_door.h"

namespace acmectl {

/// What the directories say at `now`, read-only and without a private key. What
/// only a running nginx knows is empty; nothing counts as served. Throws
/// Refusal for a directory that cannot be read.
[[nodiscard]] acme::StatusSnapshot read_state(
    const std::vector<StatePath>& paths, acme::TimePoint now);

/// Reads them once.
[[nodiscard]] std::unique_ptr<StatusDoor> open_state_door(
    const std::vector<StatePath>& paths);

}  // namespace acmectl
