// SPDX-License-Identifier: BSD-2-Clause
// nginx's slab allocator on the heap.
#include "tests/unit/module/slab_double.h"

#include <limits>
#include <memory>
#include <unordered_map>
#include <utility>

#include "ngx_module/nginx/ngx.h"

namespace {

// As in a zone, what nobody freed stays until the end.
std::unordered_map<void*, std::unique_ptr<std::byte[]>> live;
std::size_t allowed = std::numeric_limits<std::size_t>::max();
std::size_t most_live = std::numeric_limits<std::size_t>::max();

}  // namespace

extern "C" {

void* ngx_slab_alloc_locked(ngx_slab_pool_t*, std::size_t size) {
  if (allowed == 0 || live.size() >= most_live) {
    return nullptr;
  }
  --allowed;
  auto block = std::make_unique_for_overwrite<std::byte[]>(size);
  void* const memory = block.get();
  live.emplace(memory, std::move(block));
  return memory;
}

void ngx_slab_free_locked(ngx_slab_pool_t*, void* memory) {
  live.erase(memory);
}

}  // extern "C"

namespace ngx_acme {

std::size_t slab_allocations() noexcept { return live.size(); }

void allow_slab_allocations(std::size_t count) noexcept { allowed = count; }

void limit_slab_allocations(std::size_t count) noexcept { most_live = count; }

}  // namespace ngx_acme
