// SPDX-License-Identifier: BSD-2-Clause
// nginx's slab allocator on the heap: it is part of nginx, which unit tests are
// not linked with.
#pragma once

#include <cstddef>

namespace ngx_acme {

/// Allocations that have not been freed.
[[nodiscard]] std::size_t slab_allocations() noexcept;

/// The next that many succeed, and then none does, until the next call.
void allow_slab_allocations(std::size_t count) noexcept;

/// That many at once have room, until the next call.
void limit_slab_allocations(std::size_t live) noexcept;

}  // namespace ngx_acme
