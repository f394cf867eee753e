// SPDX-License-Identifier: BSD-2-Clause
// nginx's slab allocator from C++.
#pragma once

#include <cstddef>
#include <string>

#include "acme_core/error.h"
#include "ngx_module/nginx/ngx.h"

// ThreadSanitizer has to be told of a mutex of nginx, which is not
// instrumented.
#ifdef __SANITIZE_THREAD__
#include <sanitizer/tsan_interface.h>
#define NGX_ACME_TSAN_ACQUIRED(mutex) __tsan_acquire(mutex)
#define NGX_ACME_TSAN_RELEASING(mutex) __tsan_release(mutex)
#else
#define NGX_ACME_TSAN_ACQUIRED(mutex)
#define NGX_ACME_TSAN_RELEASING(mutex)
#endif

namespace ngx_acme {

/// Holds the slab's mutex, which all processes share, while it lives.
class SlabLock {
 public:
  explicit SlabLock(ngx_slab_pool_t* pool) noexcept : pool_(pool) {
    ngx_shmtx_lock(&pool_->mutex);
    NGX_ACME_TSAN_ACQUIRED(&pool_->mutex);
  }
  ~SlabLock() {
    NGX_ACME_TSAN_RELEASING(&pool_->mutex);
    ngx_shmtx_unlock(&pool_->mutex);
  }
  SlabLock(const SlabLock&) = delete;
  SlabLock& operator=(const SlabLock&) = delete;

 private:
  ngx_slab_pool_t* pool_;
};

[[nodiscard]] inline acme::Error no_room(const std::string& what,
                                         const std::string& remedy) {
  return {acme::ErrorKind::kConfiguration,
          "no room for " + what + " in shared memory; " + remedy};
}

/// Memory from the slab, whose lock is held. Throws acme::Error saying for what
/// there was no room, and `remedy`.
[[nodiscard]] inline void* allocate_locked(ngx_slab_pool_t* pool,
                                           std::size_t size,
                                           const std::string& what,
                                           const std::string& remedy) {
  void* memory = ngx_slab_alloc_locked(pool, size);
  if (memory == nullptr) {
    throw no_room(what, remedy);
  }
  return memory;
}

}  // namespace ngx_acme
