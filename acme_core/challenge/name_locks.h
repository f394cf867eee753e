// SPDX-License-Identifier: BSD-2-Clause
// Names that one order at a time proves.
#pragma once

#include <condition_variable>
#include <mutex>
#include <set>
#include <stop_token>
#include <string>

namespace acme {

/// Where a name has room for one answer only, orders with a name in common
/// take turns. Thread-safe.
class NameLocks {
 public:
  /// The right to answer for some names, given back when this object ends.
  class Lock {
   public:
    Lock(NameLocks& name_locks, std::set<std::string> names) noexcept
        : name_locks_(name_locks), names_(std::move(names)) {}
    ~Lock();
    Lock(const Lock&) = delete;
    Lock& operator=(const Lock&) = delete;

   private:
    NameLocks& name_locks_;
    std::set<std::string> names_;
  };

  /// Waits until none of the names is anybody else's, and takes all of them at
  /// once: two orders never wait for each other. Throws Error(kStopped).
  [[nodiscard]] Lock lock(std::set<std::string> names, std::stop_token stop);

 private:
  [[nodiscard]] bool are_free(const std::set<std::string>& names) const;

  std::mutex mutex_;
  std::condition_variable_any released_;
  std::set<std::string> taken_;
};

}  // namespace acme
