// SPDX-License-Identifier: BSD-2-Clause
// What the sizes of zones are made of.
#pragma once

#include <cstddef>

namespace ngx_acme {

inline constexpr std::size_t kKilobyte = 1024;
/// Of a zone that grows with its plan.
inline constexpr std::size_t kSmallestZone = 4 * kKilobyte * kKilobyte;

}  // namespace ngx_acme
