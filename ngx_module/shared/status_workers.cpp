// SPDX-License-Identifier: BSD-2-Clause
// Which worker has installed which generation of each certificate.
#include "ngx_module/shared/status_workers.h"

#include <cstring>

namespace ngx_acme {

StatusWorker* StatusWorkers::enter_locked(ngx_slab_pool_t* pool,
                                          std::uint64_t cycle,
                                          std::size_t certificates) noexcept {
  for (StatusWorker* worker = first_; worker != nullptr;) {
    StatusWorker* next = worker->next;
    if (!is_running(worker->process)) {
      leave_locked(pool, *worker);
    }
    worker = next;
  }
  void* memory =
      ngx_slab_alloc_locked(pool, StatusWorker::size_for(certificates));
  if (memory == nullptr) {
    return nullptr;
  }
  std::memset(memory, 0, StatusWorker::size_for(certificates));
  auto* made = static_cast<StatusWorker*>(memory);
  made->process = own_mark();
  made->cycle = cycle;
  made->count = certificates;
  made->next = first_;
  first_ = made;
  return made;
}

void StatusWorkers::leave_locked(ngx_slab_pool_t* pool,
                                 StatusWorker& worker) noexcept {
  for (StatusWorker** link = &first_; *link != nullptr; link = &(*link)->next) {
    if (*link == &worker) {
      *link = worker.next;
      ngx_slab_free_locked(pool, &worker);
      return;
    }
  }
}

std::vector<CopiedWorker> StatusWorkers::copy_locked(
    std::uint64_t cycle) const {
  std::vector<CopiedWorker> workers;
  for (const StatusWorker* worker = first_; worker != nullptr;
       worker = worker->next) {
    if (worker->cycle != cycle) {
      continue;
    }
    CopiedWorker& copy = workers.emplace_back();
    copy.pid = worker->process.pid;
    copy.generations.reserve(worker->count);
    for (std::size_t i = 0; i < worker->count; ++i) {
      copy.generations.push_back(
          worker->generations[i].load(std::memory_order_relaxed));
    }
  }
  return workers;
}

}  // namespace ngx_acme
