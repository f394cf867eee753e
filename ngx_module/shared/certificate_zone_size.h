// SPDX-License-Identifier: BSD-2-Clause
// How much shared memory the certificates of a plan need.
#pragma once

#include <cstddef>

#include "acme_core/engine/plan.h"

namespace ngx_acme {

/// In bytes, with room for larger certificates than are expected.
[[nodiscard]] std::size_t certificate_zone_size(const acme::Plan& plan);

/// For the pairs alone, in bytes.
[[nodiscard]] std::size_t pairs_size(const acme::Plan& plan);

/// The least a configured size must be, in bytes.
[[nodiscard]] std::size_t minimum_zone_size(const acme::Plan& plan);

/// How many pairs may help out beside those of the plan.
[[nodiscard]] std::size_t most_spares(const acme::Plan& plan);

}  // namespace ngx_acme
