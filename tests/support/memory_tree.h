// SPDX-License-Identifier: BSD-2-Clause
// A store for a fleet of this process's, which can be away, slow to tell, wiped
// or have lost what it was told last.
#pragma once

#include <algorithm>
#include <condition_variable>
#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "acme_core/error.h"
#include "acme_core/fleet/shared_tree.h"

namespace acme {

/// What several trees of one fleet share.
class TreeMemory {
 public:
  std::mutex mutex;  ///< guards what follows
  std::condition_variable_any changed;
  std::map<std::string, TreeEntry> entries;
  std::map<std::string, TreeSession> session_of;  ///< by path
  std::set<TreeSession> sessions;
  std::vector<TreeChange> history;
  TreeRevision revision = 0;
  TreeRevision forgotten = 0;  ///< changes up to this one are not known
  int sessions_made = 0;
  int writes = 0;

  void end_session(TreeSession session) {
    const std::lock_guard guard(mutex);
    drop_session(session);
  }

  /// All is gone, and counting begins anew.
  void wipe() {
    const std::lock_guard guard(mutex);
    entries.clear();
    session_of.clear();
    sessions.clear();
    history.clear();
    revision = 0;
    forgotten = 0;
    changed.notify_all();
  }

  void forget_history() {
    const std::lock_guard guard(mutex);
    history.clear();
    forgotten = revision;
  }

  // With `mutex` held.

  void change(const std::string& path, const std::optional<std::string>& value,
              const TreeSession& session) {
    history.push_back({path, value, revision});
    session_of.erase(path);
    if (!value) {
      entries.erase(path);
    } else {
      entries[path] = {path, *value, revision};
      if (!session.empty()) {
        session_of[path] = session;
      }
    }
    changed.notify_all();
  }

  // A copy: it may be the one in `sessions`.
  void drop_session(TreeSession session) {
    if (sessions.erase(session) == 0) {
      return;
    }
    ++revision;
    std::vector<std::string> paths;
    for (const auto& [path, of] : session_of) {
      if (of == session) {
        paths.push_back(path);
      }
    }
    for (const std::string& path : paths) {
      change(path, std::nullopt, {});
    }
  }
};

class MemoryTree final : public SharedTree {
 public:
  explicit MemoryTree(std::shared_ptr<TreeMemory> memory)
      : memory_(std::move(memory)) {}

  /// Nothing can be asked from now on, until `false`.
  void set_away(bool away) {
    const std::lock_guard guard(memory_->mutex);
    away_ = away;
    memory_->changed.notify_all();
  }

  [[nodiscard]] const std::string& place() const noexcept override {
    return place_;
  }

  [[nodiscard]] TreeSnapshot read_all(std::stop_token) override {
    const std::lock_guard guard(memory_->mutex);
    require_there();
    TreeSnapshot snapshot;
    for (const auto& [path, entry] : memory_->entries) {
      snapshot.entries.push_back(entry);
    }
    snapshot.revision = memory_->revision;
    return snapshot;
  }

  [[nodiscard]] TreeChanges wait_for_changes(TreeRevision after,
                                             std::chrono::milliseconds longest,
                                             std::stop_token stop) override {
    std::unique_lock lock(memory_->mutex);
    const auto is_news = [&] { return away_ || memory_->revision != after; };
    memory_->changed.wait_for(lock, stop, longest, is_news);
    if (stop.stop_requested()) {
      throw Error(ErrorKind::kStopped, "stopping");
    }
    require_there();
    TreeChanges found;
    found.revision = memory_->revision;
    if (after > memory_->revision || after < memory_->forgotten) {
      found.has_gap = true;
      return found;
    }
    for (const TreeChange& change : memory_->history) {
      if (change.revision > after) {
        found.changes.push_back(change);
      }
    }
    return found;
  }

  [[nodiscard]] std::optional<TreeRevision> write(
      const std::vector<TreeWrite>& writes,
      const std::vector<TreeGuard>& guards) override {
    const std::lock_guard guard(memory_->mutex);
    require_there();
    for (const TreeGuard& wanted : guards) {
      const auto found = memory_->entries.find(wanted.path);
      if (wanted.revision !=
          (found == memory_->entries.end() ? 0 : found->second.revision)) {
        return std::nullopt;
      }
    }
    for (const TreeWrite& one : writes) {
      if (one.path.size() + (one.value ? one.value->size() : 0) >
          kLargestTreeValue) {
        throw Error(ErrorKind::kPermanent, one.path + " is too large");
      }
      if (!one.session.empty() && !memory_->sessions.contains(one.session)) {
        return std::nullopt;
      }
    }
    ++memory_->revision;
    ++memory_->writes;
    for (const TreeWrite& one : writes) {
      memory_->change(one.path, one.value, one.session);
    }
    return memory_->revision;
  }

  [[nodiscard]] TreeSession open_session(std::chrono::milliseconds) override {
    const std::lock_guard guard(memory_->mutex);
    require_there();
    const TreeSession session = std::to_string(++memory_->sessions_made);
    memory_->sessions.insert(session);
    return session;
  }

  [[nodiscard]] bool keep_alive(const TreeSession& session) override {
    const std::lock_guard guard(memory_->mutex);
    require_there();
    return memory_->sessions.contains(session);
  }

  void close_session(const TreeSession& session) override {
    const std::lock_guard guard(memory_->mutex);
    require_there();
    memory_->drop_session(session);
  }

 private:
  void require_there() const {
    if (away_) {
      throw Error(ErrorKind::kUnavailable, "the store is away");
    }
  }

  const std::string place_ = "memory";
  const std::shared_ptr<TreeMemory> memory_;
  bool away_ = false;  ///< guarded by the memory's mutex
};

}  // namespace acme
