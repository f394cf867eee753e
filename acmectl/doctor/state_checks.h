// SPDX-License-Identifier: BSD-2-Clause
// Whether a state directory can be written, and what is left of a CA's limits.
#pragma once

#include <string>
#include <vector>

#include "acme_core/identifier.h"
#include "acme_core/storage/store.h"
#include "acme_core/time_point.h"
#include "acmectl/doctor/finding.h"

namespace acmectl {

/// Owner, mode and space; and, where this process may, whether its owner can
/// write to it. Writes and removes 10 KiB. `store` is nullptr when there is no
/// such directory.
[[nodiscard]] Findings check_state(const std::string& path, acme::Store* store);

/// Whether an order for these names would have to wait by what was counted.
[[nodiscard]] Finding check_budget(
    acme::Store& store, const std::string& directory_url,
    const std::vector<acme::Identifier>& identifiers, acme::TimePoint now);

}  // namespace acmectl
