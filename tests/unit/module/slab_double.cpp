// SPDX-License-Identifier: BSD-2-Clause
// nginx's slab allocator on the heap.
#include "tests/unit/module/slab_double.h"

#include <cstdlib>
#include <limits>

#include "ngx_module/ngx.h"

namespace {

std::size_t live = 0;
std::size_t allowed = std::numeric_limits<std::size_t>::max();

}  // namespace

extern "C" {

void* ngx_slab_alloc_locked(ngx_slab_pool_t*, std::size_t size) {
  if (allowed == 0) {
    return nullptr;
  }
  --allowed;
  ++live;
  return std::malloc(size);
}

void ngx_slab_free_locked(ngx_slab_pool_t*, void* memory) {
  --live;
  std::free(memory);
}

}  // extern "C"

namespace ngx_acme {

std::size_t slab_allocations() noexcept { return live; }

void allow_slab_allocations(std::size_t count) noexcept { allowed = count; }

}  // namespace ngx_acme
