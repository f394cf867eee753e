// SPDX-License-Identifier: BSD-2-Clause
// Keeps every certificate of a plan issued and renewed.
#pragma once

#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <deque>
#include <memory>
#include <mutex>
#include <optional>
#include <stop_token>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "acme_core/challenge/http01_self_check.h"
#include "acme_core/challenge/name_locks.h"
#include "acme_core/engine/certificate_keeper.h"
#include "acme_core/engine/certificate_notes.h"
#include "acme_core/engine/command_desk.h"
#include "acme_core/engine/engine_environment.h"
#include "acme_core/engine/engine_parts.h"
#include "acme_core/engine/issuer_care.h"
#include "acme_core/engine/issuer_report.h"
#include "acme_core/engine/issuer_session.h"
#include "acme_core/engine/plan.h"
#include "acme_core/engine/staple_keeper.h"
#include "acme_core/engine/task_queue.h"
#include "acme_core/env/background_thread.h"

namespace acme {

/// Threads and a queue. One thread per issuer takes over its state directory
/// and loads what is there; then it and others do what the queue has, up to as
/// many orders of one issuer at once as the scheduler says.
class Engine {
 public:
  Engine(Plan plan, EngineEnvironment environment);
  /// Stops, however long that takes.
  ~Engine();
  Engine(const Engine&) = delete;
  Engine& operator=(const Engine&) = delete;

  /// Starts the threads, with all signals blocked: the process's own thread
  /// handles them. Call once.
  void start();

  /// Tries again to start the threads that the system did not have; true when
  /// none is missing. Those that run do so by themselves: for a process in
  /// which none does.
  bool start_missing_threads();

  /// Asks all threads to end and waits for them until `deadline` is over;
  /// false when some still run. Orders under way are resumed by the next
  /// engine.
  bool stop(std::chrono::milliseconds deadline);

 private:
  /// Call with mutex_ held, then start_wanted().
  void want_thread(std::size_t issuer, ThreadBody body);
  /// Call with mutex_ held.
  void start_wanted();
  void run_thread(const ThreadBody& body, const std::stop_token& stop);
  [[nodiscard]] std::size_t threads_for(std::size_t issuer) const;

  void run_issuer(std::size_t issuer, const std::stop_token& stop);
  void prepare(std::size_t issuer, const std::stop_token& stop);

  /// `own_issuer`: the issuer that this thread looks after.
  void work(const std::stop_token& stop,
            std::optional<std::size_t> own_issuer = std::nullopt);
  [[nodiscard]] std::optional<Task> next_task(const std::stop_token& stop,
                                              std::optional<SteadyPoint> until);
  void run(const Task& task, const std::stop_token& stop);

  const Plan plan_;
  EngineEnvironment environment_;
  TaskQueue queue_;
  const std::unique_ptr<HttpClient> local_http_;
  const Http01SelfCheck self_check_;
  NameLocks name_locks_;
  IssuerSessions sessions_;
  StapleKeeper staples_;
  CertificateNotes notes_;
  PendingRevocations revocations_;
  CertificateKeeper keeper_;
  IssuerReports reports_;
  CommandDesk desk_;
  const EngineParts parts_;
  std::vector<IssuerCare>
      cares_;  ///< by issuer; each its leading thread's alone

  std::mutex mutex_;               ///< guards what follows
  std::condition_variable ended_;  ///< a thread
  unsigned running_threads_ = 0;
  bool stop_requested_ = false;
  bool lacks_threads_ = false;  ///< and has told so
  std::deque<std::pair<std::size_t, ThreadBody>> unstarted_;  ///< with issuer
  std::vector<std::jthread> threads_;
};

}  // namespace acme
