// SPDX-License-Identifier: BSD-2-Clause
// Whether one issuer may be asked now.
#include "acme_core/engine/issuer_gate.h"

#include <chrono>
#include <utility>

#include "acme_core/engine/event_report.h"
#include "acme_core/listed.h"

namespace acme {
namespace {

// Orders that begin together share one check.
constexpr std::chrono::seconds kCheckLifetime{5};

}  // namespace

void IssuerGate::require_reachable() {
  if (queue_.use([&](const Scheduler& scheduler, TimePoint now) {
        return scheduler.is_backing_off(issuer_, now);
      })) {
    throw Error(ErrorKind::kStopped, "the issuer is paused");
  }
}

// Several orders meet the same outage: one line, one step.
void IssuerGate::back_off(const Error& error) {
  const IssuerOutcome outcome =
      queue_.use([&](Scheduler& scheduler, TimePoint now) {
        return scheduler.back_off(issuer_, error, now);
      });
  if (outcome.is_news) {
    const std::string next_try = rfc3339(outcome.paused_until);
    log_.error(std::string(error.what()) + "; next try " + next_try);
    tell_event(monitor_, clock_, EventKind::kIssuerDown, plan_.issuers[issuer_],
               std::string(error.what()) + "; next try " + next_try);
  }
}

void IssuerGate::open(const BudgetLimits& limits) {
  BudgetRecord counted;
  try {
    counted = store_.load_budget();
  } catch (const Error& error) {
    log_.warn(error.what());
  }
  queue_.use([&](Scheduler& scheduler, TimePoint now) {
    scheduler.set_available(issuer_, Budget(limits, std::move(counted)), now);
  });
}

// Whoever waited for its directory, where a wrong clock is noticed, has it by
// now.
void IssuerGate::count_order(Task& order, bool replaces) {
  const bool is_counted = queue_.use([&](Scheduler& scheduler, TimePoint now) {
    if (!scheduler.is_due(order, now)) {
      throw Error(ErrorKind::kStopped,
                  "this machine's clock was set back: nothing is due yet");
    }
    if (!scheduler.budget(issuer_).has_limits()) {
      return false;
    }
    if (!replaces && order.order_kind == OrderKind::kReplacement) {
      scheduler.count_as_renewal(order, now);
    }
    return true;
  });
  if (is_counted) {
    save_budget();
  }
}

bool IssuerGate::count_another(const Task& order,
                               const std::vector<std::string>& names) {
  bool is_counted = false;
  if (!queue_.use([&](Scheduler& scheduler, TimePoint now) {
        is_counted = scheduler.budget(issuer_).has_limits();
        return scheduler.order_again(order, names, now);
      })) {
    return false;
  }
  if (is_counted) {
    save_budget();
  }
  return true;
}

void IssuerGate::count_account() {
  const bool is_counted = queue_.use([&](Scheduler& scheduler, TimePoint now) {
    Budget& budget = scheduler.budget(issuer_);
    if (const TimePoint next = budget.next_account(now); next > now) {
      throw Error(ErrorKind::kRateLimited,
                  "as many accounts were made as the CA allows")
          .with_retry_at(next);
    }
    budget.count_account(now);
    return budget.has_limits();
  });
  if (is_counted) {
    save_budget();
  }
}

void IssuerGate::save_budget() {
  const std::lock_guard saving(saving_);
  store_.save_budget(queue_.use([&](Scheduler& scheduler, TimePoint now) {
    return BudgetRecord(scheduler.budget(issuer_).record(now));
  }));
}

bool IssuerGate::try_acquire() {
  std::unique_ptr<Lease> lease = store_.try_lease(kStateLease);
  if (!lease) {
    return false;
  }
  if (const std::string remark = lease->remark(); !remark.empty()) {
    log_.warn(remark);
  }
  for (const StoreReport& report : store_.put_in_order()) {
    log_.write(report.level, report.text);
  }
  const std::lock_guard lock(mutex_);
  lease_ = std::move(lease);
  return true;
}

bool IssuerGate::is_acquired() {
  const std::lock_guard lock(mutex_);
  return lease_ != nullptr;
}

bool IssuerGate::is_in_place() {
  const std::lock_guard lock(mutex_);
  return lease_ && lease_->state() == Lease::State::kHeld;
}

bool IssuerGate::is_taken_over() {
  const std::lock_guard lock(mutex_);
  return lease_ && lease_->state() == Lease::State::kTakenOver;
}

void IssuerGate::release() {
  const std::lock_guard lock(mutex_);
  lease_.reset();
  checked_at_.reset();
}

void IssuerGate::check_state() {
  const std::lock_guard lock(mutex_);
  const SteadyPoint now = clock_.steady_now();
  if (checked_at_ && now < *checked_at_ + kCheckLifetime) {
    return;
  }
  store_.check();
  switch (lease_ ? lease_->state() : Lease::State::kTakenOver) {
    case Lease::State::kHeld:
      break;
    case Lease::State::kTakenOver:
      throw Error(ErrorKind::kTransient,
                  "another process has taken over the state directory \"" +
                      store_.place() +
                      "\", since this one did not get to say that it is "
                      "there; nothing is ordered until it is ours again");
    case Lease::State::kGone:
      // Another process may be about to take the new one.
      throw Error(ErrorKind::kOurs,
                  "the state directory \"" + store_.place() +
                      "\" was removed or replaced; nothing is ordered until "
                      "it is ours again");
  }
  checked_at_ = now;
}

void IssuerGate::require_writable() {
  try {
    check_state();
  } catch (const Error& error) {
    block(error);
    throw Error(ErrorKind::kStopped, "the state directory takes no writes");
  }
  unblock();
}

std::optional<TimePoint> IssuerGate::block_if_unwritable() {
  try {
    {
      const std::lock_guard lock(mutex_);
      checked_at_.reset();
    }
    check_state();
    return std::nullopt;
  } catch (const Error& error) {
    return block(error);
  }
}

// Several orders meet the same full disk: one line until it takes writes again.
TimePoint IssuerGate::block(const Error& error) {
  {
    const std::lock_guard lock(mutex_);
    checked_at_.reset();
  }
  const IssuerOutcome outcome =
      queue_.use([&](Scheduler& scheduler, TimePoint now) {
        return scheduler.block(issuer_, now);
      });
  if (outcome.is_news) {
    // What another one has taken over comes back, or is in good hands.
    log_.write(error.kind() == ErrorKind::kTransient ? LogLevel::kWarn
                                                     : LogLevel::kError,
               error.what() + holds_up());
  }
  return outcome.paused_until;
}

void IssuerGate::unblock() {
  if (queue_.use([&](Scheduler& scheduler, TimePoint) {
        return scheduler.unblock(issuer_);
      })) {
    log_.notice("the state directory \"" + store_.place() +
                "\" takes what is written again");
    queue_.wake();
  }
}

std::string IssuerGate::holds_up() const {
  constexpr std::size_t kMost = 5;
  const std::vector<std::string> distinctions = plan_.distinctions();
  std::vector<std::string> names;
  for (std::size_t i = 0; i < plan_.certificates.size(); ++i) {
    if (plan_.certificates[i].issuer() == issuer_) {
      names.push_back(quoted(plan_.certificates[i], distinctions[i]));
    }
  }
  return "; this holds up " + listed(names, kMost);
}

}  // namespace acme
