// SPDX-License-Identifier: BSD-2-Clause
// Which worker has installed which generation of each certificate, in shared
// memory.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "ngx_module/nginx/ngx.h"
#include "ngx_module/shared/process_mark.h"

namespace ngx_acme {

/// One worker; a zero for each certificate of its plan that it has not shown.
struct StatusWorker {
  StatusWorker* next;
  ProcessMark process;
  std::uint64_t cycle;  ///< which configuration the plan is of
  std::size_t count;
  std::atomic<std::uint64_t> generations[1];

  [[nodiscard]] static std::size_t size_for(std::size_t certificates) noexcept {
    return sizeof(StatusWorker) +
           certificates * sizeof(std::atomic<std::uint64_t>);
  }
};

/// A worker copied out of shared memory.
struct CopiedWorker {
  std::int64_t pid = 0;
  std::vector<std::uint64_t> generations;
};

/// Lives in the zone, made of zeros, guarded by its mutex.
class StatusWorkers {
 public:
  /// Makes room for this process, and takes back that of processes which have
  /// ended. nullptr: there is none.
  StatusWorker* enter_locked(ngx_slab_pool_t* pool, std::uint64_t cycle,
                             std::size_t certificates) noexcept;
  void leave_locked(ngx_slab_pool_t* pool, StatusWorker& worker) noexcept;

  /// Those of one configuration. Throws std::bad_alloc.
  [[nodiscard]] std::vector<CopiedWorker> copy_locked(
      std::uint64_t cycle) const;

 private:
  StatusWorker* first_;
};

}  // namespace ngx_acme
