// SPDX-License-Identifier: BSD-2-Clause
// Certificates whose predecessor is to be revoked and is not yet.
#pragma once

#include <cstddef>
#include <mutex>
#include <set>

namespace acme {

/// By index in the plan. Thread-safe.
class PendingRevocations {
 public:
  void add(std::size_t certificate) {
    const std::lock_guard lock(mutex_);
    certificates_.insert(certificate);
  }
  void remove(std::size_t certificate) {
    const std::lock_guard lock(mutex_);
    certificates_.erase(certificate);
  }
  [[nodiscard]] bool has(std::size_t certificate) const {
    const std::lock_guard lock(mutex_);
    return certificates_.contains(certificate);
  }
  [[nodiscard]] std::set<std::size_t> all() const {
    const std::lock_guard lock(mutex_);
    return certificates_;
  }

  /// While the lock is there, nobody else revokes what is pending.
  [[nodiscard]] std::unique_lock<std::mutex> hold() {
    return std::unique_lock(one_at_a_time_);
  }

 private:
  std::mutex one_at_a_time_;
  mutable std::mutex mutex_;  ///< guards what follows
  std::set<std::size_t> certificates_;
};

}  // namespace acme
