// SPDX-License-Identifier: BSD-2-Clause
// Whether one issuer may be asked now, and what becomes of having asked: its
// back-off, its limits, and the lease on its state.
#pragma once

#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "acme_core/engine/plan.h"
#include "acme_core/engine/scheduler.h"
#include "acme_core/engine/task_queue.h"
#include "acme_core/env/clock.h"
#include "acme_core/env/log.h"
#include "acme_core/error.h"
#include "acme_core/monitor/monitor.h"
#include "acme_core/storage/store.h"

namespace acme {

/// Thread-safe, but for try_acquire().
class IssuerGate {
 public:
  /// All outlive the gate. `issuer` is its index in the plan.
  IssuerGate(const Plan& plan, std::size_t issuer, TaskQueue& queue,
             Store& store, Clock& clock, Monitor& monitor, const EventLog& log)
      : plan_(plan),
        issuer_(issuer),
        queue_(queue),
        store_(store),
        clock_(clock),
        monitor_(monitor),
        log_(log) {}

  // The CA.

  /// Throws Error(kStopped) when another thread has just learnt that the CA
  /// gives no answer.
  void require_reachable();
  /// The CA gives no answer, or will not have our account: nothing is asked of
  /// it for a while.
  void back_off(const Error& error);

  // Its limits. Every count is on disk before the CA counts; throws
  // Error(kOurs) when it is not.

  /// From now on the issuer can be asked; what was counted before is known.
  void open(const BudgetLimits& limits);
  /// The last look before the CA is asked for the order, with whether it names
  /// the one it replaces. Throws Error(kStopped) when it is not due any more.
  void count_order(Task& order, bool replaces);
  /// Another order of the same task, because challenges failed for the names:
  /// false when the limits do not allow it now.
  [[nodiscard]] bool count_another(const Task& order,
                                   const std::vector<std::string>& names);
  /// Throws Error(kRateLimited) when there were as many as the CA allows.
  void count_account();
  void save_budget();

  // The lease on its state.

  /// The right to act for this state, which one process has at a time. Throws
  /// Error(kOurs) when the state cannot be used.
  [[nodiscard]] bool try_acquire();
  /// Whether it was acquired: the state may be written.
  [[nodiscard]] bool is_acquired();
  /// False when the state is no longer what was acquired: removed, replaced,
  /// unmounted.
  [[nodiscard]] bool is_in_place();

  /// Another process has it, since this one did not say that it is there: what
  /// is known of the state may be out of date.
  [[nodiscard]] bool is_taken_over();
  /// Gives it back.
  void release();

  /// Makes sure that the state is in place and takes what is written (at most
  /// every few seconds): what a CA issues must not be lost. Otherwise holds up
  /// the issuer, and throws Error(kStopped).
  void require_writable();
  /// The same, looking however long ago the last was: until when the issuer is
  /// held up, if it is.
  [[nodiscard]] std::optional<TimePoint> block_if_unwritable();
  /// Nothing is begun for a while that would be written; until when.
  TimePoint block(const Error& error);
  /// The state takes what is written.
  void unblock();

  /// The certificates whose state it is, for a line that says that it cannot be
  /// used: "; this holds up …".
  [[nodiscard]] std::string holds_up() const;

 private:
  /// Throws Error.
  void check_state();

  const Plan& plan_;
  const std::size_t issuer_;
  TaskQueue& queue_;
  Store& store_;
  Clock& clock_;
  Monitor& monitor_;
  const EventLog& log_;

  std::mutex saving_;  ///< held while the budget is saved
  std::mutex mutex_;   ///< guards what follows
  std::unique_ptr<Lease> lease_;
  std::optional<SteadyPoint> checked_at_;
};

}  // namespace acme
