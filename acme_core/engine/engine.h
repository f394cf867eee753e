// SPDX-License-Identifier: BSD-2-Clause
// Keeps every certificate of a plan issued and renewed.
#pragma once

#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <deque>
#include <exception>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <stop_token>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "acme_core/challenge/http01_self_check.h"
#include "acme_core/engine/certificate_keeper.h"
#include "acme_core/engine/engine_environment.h"
#include "acme_core/engine/expiry_alarms.h"
#include "acme_core/engine/issuer_session.h"
#include "acme_core/engine/plan.h"
#include "acme_core/engine/scheduler.h"
#include "acme_core/engine/staple_keeper.h"
#include "acme_core/env/background_thread.h"

namespace acme {

/// One thread per issuer takes over its state directory and loads what is
/// there; then it and others do what the scheduler says, up to as
/// many orders of one issuer at once as it says.
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
  struct Ordering;
  /// What an issuer's leading thread has done.
  struct Preparation {
    bool is_acquired = false;
    bool is_published = false;
    bool is_loaded = false;
    bool has_told = false;              ///< that something is unloaded
    std::vector<std::size_t> unloaded;  ///< certificates
  };
  enum class Following { kMissing, kAll };
  struct Suggestion {
    std::optional<RenewalWindow> window;
    TimePoint ask_again;
  };

  /// Call with mutex_ held, then start_wanted().
  void want_thread(std::size_t issuer, ThreadBody body);
  /// Call with mutex_ held.
  void start_wanted();
  void run_thread(const ThreadBody& body, const std::stop_token& stop);
  [[nodiscard]] std::size_t threads_for(std::size_t issuer) const;

  void lead(std::size_t issuer, const std::stop_token& stop);
  void prepare(std::size_t issuer, const std::stop_token& stop);
  void say_once(std::size_t issuer, const std::exception& error,
                std::string& last) const;
  void remove_leftovers(std::size_t issuer);
  void acquire_state(std::size_t issuer, const std::stop_token& stop);
  void say_what_nobody_orders(std::size_t issuer);
  void say_what_is_held(std::size_t issuer);
  void follow_certificates(std::size_t issuer, Following following);
  void load_budget(std::size_t issuer);
  void load_certificates(std::size_t issuer, const std::stop_token& stop);

  /// `leads`: the issuer whose state directory this thread watches.
  void work(const std::stop_token& stop,
            std::optional<std::size_t> leads = std::nullopt);
  [[nodiscard]] std::optional<Task> next_task(const std::stop_token& stop,
                                              std::optional<SteadyPoint> until);
  [[nodiscard]] std::optional<Task> next_task_or_rest(
      const std::stop_token& stop, std::optional<SteadyPoint> until);
  void run(const Task& task, const std::stop_token& stop);
  void watch(std::size_t issuer, const std::stop_token& stop);
  void watch_state(std::size_t issuer);
  void say_what_is_stored(std::size_t issuer);
  void watch_expiry(std::size_t issuer);
  void note_waiting(std::size_t issuer);
  [[nodiscard]] std::string reason_for_delay(std::size_t index);
  void tidy_stock(std::size_t issuer);
  void watch_stock(std::size_t issuer);
  void note_followed(std::size_t issuer);
  /// Call with mutex_ held.
  void watch_clock();
  void order(Task task, const std::stop_token& stop);
  [[nodiscard]] Issued order_as_member(Ordering& ordering,
                                       const std::stop_token& stop);
  void set_up_issuer(Ordering& ordering, const std::stop_token& stop);
  [[nodiscard]] Suggestion suggestion(
      const Task& task, const std::optional<RenewalWindow>& before,
      const EventLog& log, const std::stop_token& stop);
  void ask_renewal_info(const Task& task, const std::stop_token& stop);
  void save(const Task& task);
  [[nodiscard]] bool is_disk_to_blame(const Task& task, const Error& error);

  void succeeded(const Ordering& ordering, const Issued& issued);
  void failed(const Ordering& ordering, const Error& error);
  void tell_failure(const Ordering& ordering, const Error& error,
                    const FailureOutcome& outcome,
                    const LeftOutDecision& decision, TimePoint expires);
  void unfinished(const Ordering& ordering, const Error& error);
  void stopped(const Ordering& ordering);
  void revoked(std::size_t certificate);
  void pause(std::size_t issuer, const Error& error);

  /// Throws Error(kStopped) when the state directory takes no writes; the rest
  /// is hold()'s.
  void require_writable(std::size_t issuer);
  TimePoint hold(std::size_t issuer, const Error& error);
  void release(std::size_t issuer);
  [[nodiscard]] std::string waiting_for(std::size_t issuer) const;
  void require_reachable(std::size_t issuer);
  void count_order(Ordering& ordering, bool replaces);
  [[nodiscard]] bool may_order_again(const Task& task,
                                     const std::vector<std::string>& names);
  void count_account(std::size_t issuer);
  void save_budget(std::size_t issuer);

  const Plan plan_;
  EngineEnvironment environment_;
  std::unique_ptr<HttpClient> local_http_;
  std::unique_ptr<Http01SelfCheck> self_check_;
  IssuerSessions sessions_;
  StapleKeeper staples_;
  CertificateKeeper keeper_;
  std::vector<Preparation> preparations_;  ///< each its leading thread's alone
  std::mutex budget_mutex_;  ///< held while a budget is saved; before mutex_

  std::mutex mutex_;  ///< guards what follows
  std::condition_variable_any changed_;
  Scheduler scheduler_;
  /// What the wall clock is ahead of the steady one; changes when it is set.
  std::optional<std::chrono::milliseconds> clock_offset_;
  ExpiryAlarms alarms_;
  std::map<std::size_t, TimePoint> tidied_at_;  ///< by issuer
  std::vector<std::string> pause_reasons_;  ///< of the last outage, by issuer
  /// What the documents say, by certificate.
  std::vector<std::optional<Waiting>> noted_waiting_;
  unsigned running_threads_ = 0;
  bool stop_requested_ = false;
  bool lacks_threads_ = false;  ///< and has told so
  std::deque<std::pair<std::size_t, ThreadBody>> unstarted_;  ///< with issuer
  std::vector<std::jthread> threads_;
};

}  // namespace acme
