// SPDX-License-Identifier: BSD-2-Clause
// How much shared memory the answers to challenges need.
#pragma once

#include <cstddef>

#include "acme_core/engine/plan.h"

namespace ngx_acme {

/// In bytes, for what a plan can have under way at once: a power of two, so
/// that a plan that grows a little finds its zone again.
[[nodiscard]] std::size_t challenge_zone_size(const acme::Plan& plan);

}  // namespace ngx_acme
