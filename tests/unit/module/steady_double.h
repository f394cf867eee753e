// SPDX-License-Identifier: BSD-2-Clause
// The time by which answers in shared memory live, as a test says it.
#pragma once

#include <cstdint>

namespace ngx_acme {

void pass_seconds(std::int64_t seconds) noexcept;

}  // namespace ngx_acme
