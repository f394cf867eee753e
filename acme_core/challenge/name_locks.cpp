// SPDX-License-Identifier: BSD-2-Clause
// Taking turns with names.
#include "acme_core/challenge/name_locks.h"

#include <algorithm>
#include <utility>

#include "acme_core/error.h"

namespace acme {

NameLocks::Lock::~Lock() {
  {
    const std::lock_guard guard(name_locks_.mutex_);
    for (const std::string& name : names_) {
      name_locks_.taken_.erase(name);
    }
  }
  name_locks_.released_.notify_all();
}

bool NameLocks::are_free(const std::set<std::string>& names) const {
  return std::none_of(
      names.begin(), names.end(),
      [this](const std::string& name) { return taken_.contains(name); });
}

NameLocks::Lock NameLocks::lock(std::set<std::string> names,
                                std::stop_token stop) {
  std::unique_lock lock(mutex_);
  if (!released_.wait(lock, std::move(stop), [&] { return are_free(names); })) {
    throw Error(ErrorKind::kStopped, "stopping");
  }
  taken_.insert(names.begin(), names.end());
  return {*this, std::move(names)};
}

}  // namespace acme
