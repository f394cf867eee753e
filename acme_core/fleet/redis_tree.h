// SPDX-License-Identifier: BSD-2-Clause
// A SharedTree in Redis 6 or later, or Valkey: one server, or a master that
// Sentinel has chosen.
//
// What can be lost: replication is asynchronous, and what a server has not
// saved goes with it. A write that was acknowledged may vanish with the master,
// as may a lock with it; `wait_replicas` makes that rarer, and cannot rule it
// out. At worst two nodes order the same certificate. What is left is a state
// that was there as a whole, since each write is one script: never a key with
// another's certificate. After a restart or a failover everybody is told to
// read the tree anew (redis_scripts.h), and no revision is given twice, so that
// no guard takes one write for another.
//
// Sessions lapse by the server's clock.
//
// What it needs of a server: "maxmemory-policy noeviction" or one of
// "volatile-…", memory for the tree and for the last 4,000 writes; and of an
// ACL, such as for the prefix "ngx-acme:"
//
//   ACL SETUSER ngx-acme on >PASSWORD ~ngx-acme:* +@read +@write +@scripting
//       +@connection +info +time +wait
#pragma once

#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "acme_core/fleet/redis_nodes.h"
#include "acme_core/fleet/redis_options.h"
#include "acme_core/fleet/shared_tree.h"

namespace acme {

struct RedisScript;

class RedisTree final : public SharedTree {
 public:
  /// Connects with the first request. Throws Error(kConfiguration).
  explicit RedisTree(RedisOptions options);

  [[nodiscard]] const std::string& place() const noexcept override {
    return place_;
  }
  [[nodiscard]] TreeSnapshot read_all(std::stop_token stop) override;
  [[nodiscard]] TreeChanges wait_for_changes(TreeRevision after,
                                             std::chrono::milliseconds longest,
                                             std::stop_token stop) override;
  [[nodiscard]] std::optional<TreeRevision> write(
      const std::vector<TreeWrite>& writes,
      const std::vector<TreeGuard>& guards) override;
  [[nodiscard]] TreeSession open_session(
      std::chrono::milliseconds time_to_live) override;
  [[nodiscard]] bool keep_alive(const TreeSession& session) override;
  void close_session(const TreeSession& session) override;

 private:
  using Arguments = std::span<const std::string_view>;

  [[nodiscard]] RedisNode take_node(const IoWait& wait);
  void keep_node(RedisNode node);
  void forget_nodes();
  /// `act` with a node that nobody else has meanwhile.
  template <typename Act>
  auto on_node(const IoWait& wait, Act act);
  /// The same with one that is at hand; errors say which one.
  template <typename Act>
  auto on(RedisNode& node, Act act);

  [[nodiscard]] RedisReply run(RedisNode& node, const RedisScript& script,
                               Arguments arguments, const IoWait& wait) const;
  /// The same on any node, within the time for one request.
  [[nodiscard]] RedisReply run(const RedisScript& script, Arguments arguments);

  [[nodiscard]] TreeSnapshot read_snapshot(RedisNode& node,
                                           const IoWait& wait) const;
  [[nodiscard]] TreeChanges changes_behind(RedisNode& node, TreeRevision after,
                                           const std::stop_token& stop) const;
  void wait_for_bell(RedisNode& node, TreeRevision after,
                     std::chrono::milliseconds longest,
                     const std::stop_token& stop) const;

  const RedisOptions options_;
  const std::string place_;
  const std::vector<std::string> keys_;
  RedisNodes nodes_;
  std::optional<RedisNode> waiting_;  ///< of wait_for_changes()
  std::mutex mutex_;                  ///< guards what follows
  std::vector<RedisNode> idle_;       ///< for the next request
};

}  // namespace acme
