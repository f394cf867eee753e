// SPDX-License-Identifier: BSD-2-Clause
// A fleet's tree in etcd 3.4 or later, by its JSON gateway.
#pragma once

#include <chrono>
#include <memory>
#include <mutex>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

#include "acme_core/fleet/etcd_client.h"
#include "acme_core/fleet/etcd_watch.h"
#include "acme_core/fleet/shared_tree.h"

namespace acme {

/// Revisions are etcd's own, of its whole store; sessions are leases. Changes
/// come by one watch that stays open from one wait_for_changes() to the next.
/// Each request is bounded by the timeout of the options: with several URLs, a
/// call may take that long for each of them.
class EtcdTree final : public SharedTree {
 public:
  explicit EtcdTree(const EtcdOptions& options);

  [[nodiscard]] const std::string& place() const noexcept override;
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
  [[nodiscard]] EtcdPage read_page(const EtcdQuestion& question,
                                   const std::stop_token& stop);
  [[nodiscard]] std::optional<TreeSnapshot> try_to_read_all(
      const std::stop_token& stop);
  [[nodiscard]] bool open_watch(TreeRevision after,
                                const std::stop_token& stop);
  void close_watch(const std::string& why);
  [[nodiscard]] TreeChanges follow_watch(EtcdWatch::Clock::time_point until,
                                         const std::stop_token& stop);
  [[nodiscard]] std::optional<EtcdWatchMessage> next_message(
      EtcdWatch::Clock::time_point until, const std::stop_token& stop);
  [[nodiscard]] EtcdWatch::Clock::time_point next_check() const;
  void check_watch(const std::stop_token& stop);
  [[nodiscard]] bool is_same_store(const EtcdWatchMessage& created,
                                   TreeRevision after,
                                   const std::stop_token& stop);

  const std::string prefix_;
  const std::chrono::milliseconds timeout_;
  const std::chrono::milliseconds longest_silence_;
  const ThreadStarter start_thread_;
  EtcdClient client_;

  std::mutex mutex_;     ///< guards what follows
  std::string cluster_;  ///< what was read last is of this one

  // Of wait_for_changes() alone.
  std::unique_ptr<EtcdWatch> watch_;  ///< behind the client: it goes before it
  std::string why_closed_;
  std::string watched_url_;
  TreeRevision seen_ = 0;             ///< what was handed out, all of it
  std::vector<TreeChange> fragment_;  ///< of a message that goes on
  EtcdWatch::Clock::time_point checked_;
};

}  // namespace acme
