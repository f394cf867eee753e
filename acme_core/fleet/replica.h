// SPDX-License-Identifier: BSD-2-Clause
// One issuer's state directory as a copy of its branch of a fleet's tree.
//
// Whoever owns the branch changes it: first the tree, by writes that depend on
// the lock, then the directory. On all other nodes the directory follows the
// tree, one file after the other in the order they were written, so that a
// reader there sees what a reader beside the owner sees. What is read is always
// the directory: it is there when the tree is not.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "acme_core/crypto/sealing.h"
#include "acme_core/env/file_system.h"
#include "acme_core/env/log.h"
#include "acme_core/fleet/shared_tree.h"

namespace acme {

/// Whether a file of a state directory is in the tree: not locks, trials, what
/// was put aside, nor what is known of the fleet.
[[nodiscard]] bool is_shared(std::string_view path) noexcept;

/// Whether it is something to answer a CA with, which every node has to know
/// before the CA does.
[[nodiscard]] bool is_challenge_answer(std::string_view path) noexcept;

/// Thread-safe.
class Replica : public std::enable_shared_from_this<Replica> {
 public:
  /// `tree` and `keys` outlive it. `branch` is the issuer's name as a path.
  Replica(SharedTree& tree, const SealingKeys& keys, std::string branch,
          std::unique_ptr<FileSystem> directory, EventLog log);

  [[nodiscard]] const std::string& branch() const noexcept { return branch_; }
  [[nodiscard]] FileSystem& directory() const noexcept { return *directory_; }
  [[nodiscard]] const EventLog& log() const noexcept { return log_; }
  [[nodiscard]] std::string lock_path() const { return branch_ + "/lock"; }

  // The directory, of which one process makes a copy at a time.

  [[nodiscard]] bool try_occupy();
  [[nodiscard]] bool is_occupied() const;

  // Following the tree. Paths are without the branch.

  /// What is known of a file in the tree.
  struct Known {
    std::uint64_t sequence = 0;
    TreeRevision revision = 0;
    bool is_there = false;
  };

  /// The whole branch: what is not in it is removed.
  /// `revision` is that of the snapshot: what was written since stays.
  void follow(const std::vector<TreeEntry>& entries, TreeRevision revision);
  /// What one write has changed.
  void follow(const std::vector<TreeChange>& changes);
  /// The directory shows all writes up to this one.
  void note_followed(TreeRevision revision);
  [[nodiscard]] TreeRevision followed() const;

  // Owning it.

  void own(TreeRevision lock);
  /// No longer: the lock is gone, or another's.
  void disown();
  [[nodiscard]] bool is_owned() const;
  /// While the tree is away: what is written goes to the directory alone.
  void set_alone(bool alone);
  /// Another tree: what was known of the one before counts no more.
  void forget();
  [[nodiscard]] std::optional<TreeRevision> lock_revision() const;

  /// Proves that the tree takes what the owner writes. Throws Error(kOurs).
  void check();
  /// In the tree, then in the directory. Throws Error(kOurs); returns the
  /// tree's revision.
  TreeRevision write(std::string_view path, std::span<const std::uint8_t> data,
                     const std::string& serial);
  void rename(std::string_view from, std::string_view to);
  void remove(std::string_view path);

  /// What a node brings along that the tree does not have: all or nothing, and
  /// only as long as the tree is as `guards` say. False: it is not.
  struct Brought {
    std::string path;
    SecretBytes data;
    std::string serial;
  };
  [[nodiscard]] bool bring(const std::vector<Brought>& files,
                           std::vector<TreeGuard> guards);

 private:
  [[nodiscard]] bool has_directory() const;
  [[nodiscard]] std::string path_of(std::string_view file) const {
    return std::string(branch_).append("/").append(file);
  }
  [[nodiscard]] TreeRevision put(const std::vector<TreeWrite>& writes,
                                 std::vector<TreeGuard> guards);
  [[nodiscard]] std::vector<TreeGuard> guards_for(std::string_view path) const;
  struct Accepted {
    std::string file;
    SecretBytes data;
    std::string serial;
  };
  [[nodiscard]] std::optional<Accepted> accept(const std::string& file,
                                               const std::string& value,
                                               TreeRevision revision);
  void put_in_place(const std::vector<Accepted>& files);
  void put_pair_in_place(const Accepted& chain, const Accepted& key);
  void drop(const std::string& file, TreeRevision revision);
  [[nodiscard]] std::uint64_t next_sequence(std::string_view file) const;
  /// To the tree alone: what is known of the file from then on.
  [[nodiscard]] Known publish(std::string_view file,
                              std::span<const std::uint8_t> data,
                              const std::string& serial);
  void restore(const std::vector<std::string>& files);
  void refuse(const std::string& file, const std::string& why);

  SharedTree& tree_;
  const SealingKeys& keys_;
  const std::string branch_;
  const std::unique_ptr<FileSystem> directory_;
  const EventLog log_;

  mutable std::mutex mutex_;  ///< guards what follows
  std::unique_ptr<FileLock> occupied_;
  std::optional<FileStamp> occupied_stamp_;  ///< another one: another directory
  std::map<std::string, Known, std::less<>> known_;  ///< by file
  std::set<std::string> refused_;  ///< files of which a line was written
  TreeRevision followed_ = 0;
  std::optional<TreeRevision> lock_;
  bool is_alone_ = false;
};

}  // namespace acme
