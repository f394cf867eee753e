// SPDX-License-Identifier: BSD-2-Clause
// How much shared memory the status of a plan needs.
#pragma once

#include <cstddef>

#include "acme_core/engine/plan.h"

namespace ngx_acme {

/// In bytes: a power of two, so that a plan that grows a little finds its zone
/// again.
[[nodiscard]] std::size_t status_zone_size(const acme::Plan& plan);

/// How many notes a zone of that size has a place for: at least those of the
/// plan that it is for, and as many of plans before.
[[nodiscard]] std::size_t status_note_places(std::size_t zone_size);

}  // namespace ngx_acme
