// SPDX-License-Identifier: BSD-2-Clause
// What the nodes of a fleet have in common: a small tree of values in a
// distributed store, whose writes are atomic and can be made to depend on what
// is there.
//
// Whatever keeps it passes one suite of tests:
// tests/unit/fleet/any_shared_tree_test.cpp.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

namespace acme {

/// Counts the writes of a tree: later ones have a greater one. 0: before all.
using TreeRevision = std::int64_t;

/// Entries that end when their node does, at the latest its time to live after
/// its last keep_alive().
using TreeSession = std::string;

struct TreeEntry {
  std::string path;   ///< such as "letsencrypt/orders/www.json", without prefix
  std::string value;  ///< any bytes
  TreeRevision revision = 0;  ///< of the write that put it there
  bool operator==(const TreeEntry&) const = default;
};

struct TreeSnapshot {
  std::vector<TreeEntry> entries;  ///< sorted by path
  TreeRevision revision = 0;       ///< what it shows: all writes up to this one
};

/// What has become of an entry.
struct TreeChange {
  std::string path;
  std::optional<std::string> value;  ///< nullopt: there is none any more
  TreeRevision revision = 0;
  bool operator==(const TreeChange&) const = default;
};

struct TreeChanges {
  std::vector<TreeChange> changes;  ///< in the order they were made in
  TreeRevision revision = 0;        ///< what to ask behind next
  /// What came between is not known any more, or the tree is another one: it
  /// has to be read as a whole.
  bool has_gap = false;
};

struct TreeWrite {
  std::string path;
  std::optional<std::string> value;  ///< nullopt: removed
  TreeSession session = {};          ///< ends with it; empty: stays
};

/// An entry that still has to be as it was found.
struct TreeGuard {
  std::string path;
  TreeRevision revision = 0;  ///< 0: there is none
};

/// In bytes, of a path and its value: the largest write() takes.
inline constexpr std::size_t kLargestTreeValue = 512 * 1024;
/// Writes of one write(), with its guards.
inline constexpr std::size_t kMostTreeWrites = 64;

/// Thread-safe. All throw Error(kUnavailable) when the store did not answer
/// within seconds or not sensibly, Error(kPermanent) when it refuses us or what
/// we ask, and Error(kStopped) on a stop request. A write that threw
/// kUnavailable may have happened.
class SharedTree {
 public:
  virtual ~SharedTree() = default;

  /// For messages: kind, address and prefix; no secret.
  [[nodiscard]] virtual const std::string& place() const noexcept = 0;

  [[nodiscard]] virtual TreeSnapshot read_all(std::stop_token stop) = 0;

  /// Changes behind `after`, as soon as there are any; none when the time is
  /// over. Session entries that lapse count as removed. One caller at a time.
  [[nodiscard]] virtual TreeChanges wait_for_changes(
      TreeRevision after, std::chrono::milliseconds longest,
      std::stop_token stop) = 0;

  /// All of it or nothing: its revision, or nullopt when a guard does not hold.
  /// No path may occur twice in `writes`.
  [[nodiscard]] virtual std::optional<TreeRevision> write(
      const std::vector<TreeWrite>& writes,
      const std::vector<TreeGuard>& guards) = 0;

  [[nodiscard]] virtual TreeSession open_session(
      std::chrono::milliseconds time_to_live) = 0;
  /// False when it has lapsed: its entries are gone.
  [[nodiscard]] virtual bool keep_alive(const TreeSession& session) = 0;
  /// Removes its entries.
  virtual void close_session(const TreeSession& session) = 0;
};

}  // namespace acme
