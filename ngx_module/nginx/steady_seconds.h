// SPDX-License-Identifier: BSD-2-Clause
// The time by which answers in shared memory live.
#pragma once

#include <cstdint>

namespace ngx_acme {

/// The same in all processes, whoever sets the machine's clock.
[[nodiscard]] std::int64_t steady_seconds() noexcept;

}  // namespace ngx_acme
