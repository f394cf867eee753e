// SPDX-License-Identifier: BSD-2-Clause
// What follows from what became of a task.
#include <algorithm>
#include <string>
#include <tuple>
#include <utility>

#include "acme_core/engine/backoff.h"
#include "acme_core/engine/failure.h"
#include "acme_core/engine/scheduler.h"
#include "acme_core/engine/scheduler_parts.h"
#include "acme_core/env/log.h"

namespace acme {
namespace {

// Between two lines about a state directory that takes no writes.
constexpr std::chrono::minutes kBetweenTellingOfHolds{1};

using std::chrono::hours;
using std::chrono::milliseconds;

// When a CA limits the rate of so many orders in a row, it is not about one
// certificate: the others need not find out by themselves.
constexpr unsigned kRateLimitsThatPause = 3;

}  // namespace

void Scheduler::end_task(const Task& task, bool opened_order) {
  certificates_[task.certificate].place = Certificate::Place::kNowhere;
  if (task.kind != Task::Kind::kOrder) {
    return;
  }
  Issuer& issuer = issuers_[task.issuer];
  --issuer.running;
  if (!opened_order && issuer.budget.has_limits()) {
    issuer.budget.refund_order(keys(task.certificate), task.order_kind,
                               task.counted_at);
  }
}

void Scheduler::issued(const Task& task, const Validity& validity,
                       TimePoint renew_at, bool has_renewal_info,
                       TimePoint now) {
  end_task(task, true);
  Issuer& issuer = issuers_[task.issuer];
  issuer.outages = 0;
  issuer.rate_limits = 0;
  Certificate& certificate = certificates_[task.certificate];
  if (certificate.validity) {
    pace_.remove(*certificate.validity);
  }
  pace_.add(validity);
  const bool was_recalled =
      (certificate.is_revoked && !certificate.outdated_since) ||
      (certificate.window &&
       is_recall(*certificate.window, *certificate.validity));
  certificate.recalls = was_recalled ? certificate.recalls + 1 : 0;
  certificate.is_revoked = false;
  certificate.validity = validity;
  certificate.outdated_since.reset();
  certificate.misses_names = false;
  certificate.is_stand_in = false;
  certificate.issued_by = task.issuer;
  certificate.save_at = TimePoint::max();
  certificate.window.reset();
  certificate.renew_at = renew_at;
  const auto& issuers = certificate.route->issuers;
  const auto position =
      std::find(issuers.begin(), issuers.end(), task.issuer) - issuers.begin();
  // The full set keeps the pace of its failures.
  if (!task.is_partial) {
    certificate.backoffs[static_cast<std::size_t>(position)] = {0, now};
  }
  certificate.is_partial = task.is_partial;
  certificate.rest_from.reset();
  certificate.unfinished.clear();
  certificate.ask_at =
      has_renewal_info
          ? now + random_below(std::min<milliseconds>(validity.lifetime() / 50,
                                                      hours(1)),
                               random_)
          : TimePoint::max();
  look_at(task.certificate, now);
}

FailureOutcome Scheduler::failed(const Task& task, const Error& error,
                                 bool opened_order, TimePoint now, Rest rest) {
  end_task(task, opened_order);
  const Failure failure = failure_of(error);
  Certificate& certificate = certificates_[task.certificate];
  const auto& issuers = certificate.route->issuers;
  const auto position = static_cast<std::size_t>(
      std::find(issuers.begin(), issuers.end(), task.issuer) - issuers.begin());
  Backoff& backoff = certificate.backoffs[position];
  backoff.retry_at = now + retry_delay(++backoff.failures, random_);
  backoff.is_asked_for = error.retry_at().value_or(now) > backoff.retry_at;
  backoff.retry_at = std::max(backoff.retry_at, error.retry_at().value_or(now));
  if (failure == Failure::kOurs || failure == Failure::kUnverified) {
    for (Backoff& other : certificate.backoffs) {
      other.retry_at = std::max(other.retry_at, backoff.retry_at);
    }
  }
  Issuer& issuer = issuers_[task.issuer];
  if (failure == Failure::kUnverified && issuer.budget.has_limits()) {
    const auto& names =
        error.names().empty() ? keys(task.certificate).names : error.names();
    for (const std::string& name : names) {
      issuer.budget.count_failure(name, now);
    }
  }
  if (failure == Failure::kLimited &&
      ++issuer.rate_limits >= kRateLimitsThatPause) {
    issuer.paused_until = std::max(
        issuer.paused_until,
        now + outage_delay(issuer.rate_limits - kRateLimitsThatPause + 1,
                           random_));
  }
  certificate.unfinished.erase(position);
  if (rest == Rest::kNow ||
      (rest == Rest::kIfDue && certificate.wanted_at() <= now)) {
    certificate.rest_from = position;
  }
  const unsigned failures = backoff.failures;
  const auto [at, issuer_then] = next_try(certificate, task.issuer, now);
  look_at(task.certificate, now);
  return {at, issuer_then, failures};
}

// When a certificate may be ordered again, and at which issuer.
std::pair<TimePoint, std::size_t> Scheduler::next_try(
    const Certificate& certificate, std::size_t otherwise,
    TimePoint now) const {
  const std::vector<std::size_t>& issuers = certificate.route->issuers;
  std::pair<TimePoint, std::size_t> next{TimePoint::max(), otherwise};
  for (std::size_t i = 0; i < issuers.size(); ++i) {
    const TimePoint at = std::max({certificate.backoffs[i].retry_at,
                                   issuers_[issuers[i]].closed_until(), now});
    if (at < next.first) {
      next = {at, issuers[i]};
    }
  }
  return next;
}

// The answers to the challenges stay for a minute, and are there again then.
WaitOutcome Scheduler::put_off(const Task& task, bool opened_order,
                               TimePoint now) {
  constexpr milliseconds kUntilResumed = std::chrono::minutes(1);
  end_task(task, opened_order);
  Certificate& certificate = certificates_[task.certificate];
  const auto& issuers = certificate.route->issuers;
  const auto position = static_cast<std::size_t>(
      std::find(issuers.begin(), issuers.end(), task.issuer) - issuers.begin());
  certificate.backoffs[position].retry_at = now + kUntilResumed;
  WaitOutcome outcome;
  outcome.resumed_at = now + kUntilResumed;
  outcome.is_news = certificate.unfinished.insert(position).second;
  std::tie(outcome.next_try, outcome.next_issuer) =
      next_try(certificate, task.issuer, now);
  look_at(task.certificate, now);
  return outcome;
}

void Scheduler::stopped(const Task& task, bool opened_order, TimePoint now) {
  end_task(task, opened_order);
  look_at(task.certificate, now);
}

void Scheduler::asked(const Task& task,
                      const std::optional<RenewalWindow>& window,
                      TimePoint ask_again, TimePoint now) {
  end_task(task, false);
  Certificate& certificate = certificates_[task.certificate];
  certificate.window = window;
  certificate.ask_at = ask_again;
  look_at(task.certificate, now);
}

void Scheduler::save_later(std::size_t index, TimePoint now) {
  Certificate& certificate = certificates_[index];
  if (!certificate.validity) {
    return;
  }
  certificate.save_at = now;
  if (certificate.place != Certificate::Place::kRunning) {
    leave(index);
    look_at(index, now);
  }
}

void Scheduler::saved(const Task& task, std::optional<TimePoint> try_again,
                      TimePoint now) {
  end_task(task, false);
  certificates_[task.certificate].save_at =
      try_again.value_or(TimePoint::max());
  look_at(task.certificate, now);
}

IssuerOutcome Scheduler::block(std::size_t id, TimePoint now) {
  Issuer& issuer = issuers_[id];
  if (now < issuer.held_until) {
    return {issuer.held_until, false};
  }
  issuer.held_until = now + disk_delay(++issuer.holds);
  // A full disk takes a little now and then, as files are removed.
  const bool is_told = now >= issuer.hold_told_at &&
                       now < issuer.hold_told_at + kBetweenTellingOfHolds;
  if (issuer.holds != 1 || is_told) {
    return {issuer.held_until, false};
  }
  issuer.hold_told_at = now;
  return {issuer.held_until, true};
}

bool Scheduler::unblock(std::size_t id) {
  Issuer& issuer = issuers_[id];
  issuer.held_until = TimePoint::min();
  return std::exchange(issuer.holds, 0) != 0;
}

IssuerOutcome Scheduler::back_off(std::size_t id, const Error& error,
                                  TimePoint now) {
  Issuer& issuer = issuers_[id];
  issuer.pause_reason = printable(error.what());
  if (now < issuer.paused_until) {
    return {issuer.paused_until, false};
  }
  issuer.paused_until = now + outage_delay(++issuer.outages, random_);
  issuer.paused_until =
      std::max(issuer.paused_until, error.retry_at().value_or(now));
  return {issuer.paused_until, true};
}

bool Scheduler::order_again(const Task& task,
                            const std::vector<std::string>& failed_names,
                            TimePoint now) {
  Budget& budget = issuers_[task.issuer].budget;
  if (!budget.has_limits()) {
    return true;
  }
  const BudgetKeys& own = keys(task.certificate);
  if (budget.next_order(task.order_kind, now) > now ||
      budget.next_order_for(own, task.order_kind, now) > now) {
    return false;
  }
  for (const std::string& name : failed_names) {
    budget.count_failure(name, now);
  }
  budget.count_order(own, task.order_kind, now);
  return true;
}

void Scheduler::count_as_renewal(Task& task, TimePoint now) {
  Issuer& issuer = issuers_[task.issuer];
  if (task.order_kind == OrderKind::kReplacement &&
      issuer.budget.has_limits()) {
    issuer.budget.count_order(keys(task.certificate), OrderKind::kRenewal, now);
  }
  task.order_kind = OrderKind::kRenewal;
  task.counted_at = now;
}

}  // namespace acme
