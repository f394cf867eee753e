// SPDX-License-Identifier: BSD-2-Clause
// Members of notes, for documents that have more than a note.
#pragma once

#include <nlohmann/json.hpp>

#include "acme_core/monitor/notes.h"

namespace acme {

/// What the object says of an issuer, but for its orphans. What is malformed or
/// missing is empty, and lists are cut; never fails.
[[nodiscard]] IssuerNote read_issuer_members(const nlohmann::json& object);

}  // namespace acme
