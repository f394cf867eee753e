// SPDX-License-Identifier: BSD-2-Clause
// This process as a node of a fleet: its session in the tree, its copies of the
// issuers' branches, and the locks that it has on them.
//
// Two threads: one keeps the session alive, so that whatever the other waits
// for does not cost the locks; the other follows the tree. Whoever wants to own
// a branch asks for its lock only when nobody seems to have it, so that nodes
// that wait send nothing.
#pragma once

#include <chrono>
#include <condition_variable>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <stop_token>
#include <string>
#include <thread>
#include <vector>

#include "acme_core/env/background_thread.h"
#include "acme_core/env/clock.h"
#include "acme_core/env/file_system.h"
#include "acme_core/env/log.h"
#include "acme_core/error.h"
#include "acme_core/fleet/fleet_marker.h"
#include "acme_core/fleet/presence.h"
#include "acme_core/fleet/replica.h"
#include "acme_core/fleet/shared_tree.h"

namespace acme {

/// Who goes on by itself when the store is away and certificates are about to
/// expire.
struct FleetEmergency {
  enum class Who { kOff, kLowest, kNode };
  Who who = Who::kLowest;
  std::string node;  ///< of kNode
  /// The part of a certificate's lifetime that is left by then: one of so many.
  unsigned part = 12;
};

struct FleetSettings {
  std::string node;  ///< other than that of any other machine
  SealingKeys keys;
  FleetEmergency emergency;
  /// After this, a node that says nothing has ended. In whole seconds, at least
  /// three.
  std::chrono::milliseconds time_to_live{20'000};
  /// How long the CA waits for nodes that do not answer yet.
  std::chrono::milliseconds longest_answer_wait{2'000};
};

class FleetNode : public std::enable_shared_from_this<FleetNode> {
 public:
  /// References outlive the node.
  FleetNode(std::unique_ptr<SharedTree> tree, FleetSettings settings,
            Clock& clock, Logger& logger,
            ThreadStarter start_thread = start_background_thread);
  /// Gives its locks back, as far as the store answers.
  ~FleetNode();
  FleetNode(const FleetNode&) = delete;
  FleetNode& operator=(const FleetNode&) = delete;

  /// The directory as a copy of the issuer's branch. Its lock, "lock", is the
  /// branch's.
  [[nodiscard]] std::unique_ptr<FileSystem> open(
      const std::string& issuer, std::unique_ptr<FileSystem> directory);

  /// For FleetFileSystem.

  /// nullptr: another node has it, or nothing is known; never throws for a
  /// store that is away.
  [[nodiscard]] std::unique_ptr<FileLock> try_own(Replica& replica);
  void release(Replica& replica) noexcept;
  void leave(Replica& replica) noexcept;
  /// Throws Error(kOurs) when the tree does not take what is written.
  void require_writable(Replica& replica);
  /// Until the other nodes answer what was written by then, but not longer than
  /// the settings say.
  void wait_until_answered(Replica& replica, TreeRevision revision);
  [[nodiscard]] bool is_owner(const Replica& replica) const;
  /// Works from its directory, since the tree is away.
  [[nodiscard]] bool is_alone(const Replica& replica) const;

 private:
  void keep_session(const std::stop_token& stop);
  void renew_session();
  [[nodiscard]] bool is_session_alive() const;
  [[nodiscard]] TreeSession session() const;
  void announce();

  void follow(const std::stop_token& stop);
  void follow_tree(const std::stop_token& stop);
  [[nodiscard]] bool occupy_more();
  [[nodiscard]] TreeRevision read_tree(const std::stop_token& stop);
  [[nodiscard]] std::string fleet_that_was() const;
  [[nodiscard]] bool join(const TreeSnapshot& snapshot);
  [[nodiscard]] std::size_t bring_all(const TreeSnapshot& snapshot);
  void apply(const TreeChanges& changes);
  [[nodiscard]] bool is_wiped(const TreeChanges& changes);
  void look_at(const std::string& path, const std::optional<std::string>& value,
               TreeRevision revision);
  void note_followed(TreeRevision revision);
  template <typename Act>
  [[nodiscard]] bool in_directory(Replica& replica, Act act);
  [[nodiscard]] bool is_time_to_mend();
  void start_threads();
  void write_markers();
  [[nodiscard]] bool is_of_this_fleet(const Replica& replica);

  void note_away(const Error& error);
  void note_back();
  [[nodiscard]] std::unique_ptr<FileLock> try_alone(Replica& replica);
  [[nodiscard]] bool is_chosen() const;
  [[nodiscard]] bool is_urgent(const Replica& replica) const;
  [[nodiscard]] bool is_time_to_look(const Replica& replica);

  [[nodiscard]] bool is_away() const;
  [[nodiscard]] std::vector<std::shared_ptr<Replica>> replicas() const;
  void write_line(LogLevel level, const std::string& text) const;

  const std::unique_ptr<SharedTree> tree_;
  const FleetSettings settings_;
  Clock& clock_;
  Logger& logger_;
  const ThreadStarter start_thread_;
  const std::string instance_;

  struct Lock {
    std::string holder;
    TreeRevision revision = 0;
  };

  mutable std::mutex mutex_;  ///< guards what follows
  std::condition_variable_any changed_;
  std::vector<std::shared_ptr<Replica>> replicas_;
  std::set<const Replica*> strangers_;  ///< copies of another fleet's
  std::set<const Replica*> alone_;      ///< that went on without the tree
  std::set<const Replica*> broken_;     ///< whose directory takes nothing
  std::map<const Replica*, std::string> broken_told_;  ///< why
  SteadyPoint broken_tried_at_{};
  std::set<const Replica*> wiped_;  ///< whose branch somebody removed
  TreeSession session_;
  TreeSession announced_in_;  ///< the last one in which others were told
  SteadyPoint kept_alive_at_{};
  std::optional<FleetMarker> marker_;
  std::map<std::string, Lock> locks_;          ///< by path
  std::map<std::string, Presence> presences_;  ///< by path
  TreeRevision answered_ = 0;
  std::optional<SteadyPoint> away_since_;
  std::map<const Replica*, SteadyPoint> looked_at_;  ///< is_urgent()
  std::string told_;  ///< why it is away, as it was written down

  std::jthread keeper_;
  std::jthread follower_;
};

}  // namespace acme
