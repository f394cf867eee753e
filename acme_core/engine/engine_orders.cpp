// SPDX-License-Identifier: BSD-2-Clause
// What the engine's threads do for one certificate: order it, and ask when to
// renew it.
#include <algorithm>
#include <chrono>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "acme_core/engine/engine.h"
#include "acme_core/engine/renewal.h"

namespace acme {
namespace {

using std::chrono::milliseconds;

// How often renewal info is asked for (RFC 9773 section 4.3.2): as the CA says
// by Retry-After, within bounds; every six hours when it says nothing.
constexpr milliseconds kQuestionInterval = std::chrono::hours(6);
constexpr milliseconds kShortestQuestionInterval = std::chrono::minutes(1);
constexpr milliseconds kQuestionIntervalAfterFailure = std::chrono::hours(1);
constexpr milliseconds kLongestQuestionInterval = std::chrono::hours(24);

// What a rehearsal has to say about a certificate that all others serve.
std::string fate_of(const IssuerSpec& issuer) {
  return issuer.rehearsal
             ? "; it is not served: take \"acme_dry_run\" away to have one "
               "from issuer \"" +
                   issuer.rehearsal->issuer + "\""
             : std::string();
}

}  // namespace

// An order while it is carried out.
struct Engine::Ordering {
  Task task;
  NameVerdicts verdicts;
  bool opened_order = false;     // the CA was asked for one
  std::string account_url = {};  // by which it is opened
  bool is_set_up = false;  // state directory and account are fit for orders
};

void Engine::order(Task task, const std::stop_token& stop) {
  Ordering ordering{.task = task,
                    .verdicts = keeper_.verdicts_on(task.certificate)};
  try {
    succeeded(ordering, order_as_member(ordering, stop));
  } catch (const Error& error) {
    if (error.kind() == ErrorKind::kStopped || is_disk_to_blame(task, error)) {
      stopped(ordering);
    } else if (error.kind() == ErrorKind::kLater) {
      unfinished(ordering, error);
    } else if (error.kind() == ErrorKind::kUnavailable ||
               error.problem_type() == "userActionRequired" ||
               !ordering.is_set_up) {
      pause(task.issuer, error);
      stopped(ordering);
    } else {
      failed(ordering, error);
    }
  } catch (const std::exception& error) {
    failed(ordering, Error(ErrorKind::kOurs, error.what()));
  }
}

// A CA may lose an account (RFC 8555 section 7.3) or close it, and so may a
// disk its URL: the same key registers again, or finds its account, once.
Issued Engine::order_as_member(Ordering& ordering,
                               const std::stop_token& stop) {
  IssuerSession& session = *sessions_[ordering.task.issuer];
  const auto obtain = [&] {
    set_up_issuer(ordering, stop);
    return keeper_.obtain(
        ordering.task.certificate, ordering.task.issuer,
        ordering.task.is_partial,
        {.about_to_order =
             [&](bool replaces) { count_order(ordering, replaces); },
         .may_order_again =
             [&](const std::vector<std::string>& names) {
               return may_order_again(ordering.task, names);
             },
         .needs_new_key = ordering.task.is_revoked},
        ordering.verdicts, stop);
  };
  try {
    return obtain();
  } catch (const Error& error) {
    if (!session.account().is_lost(error, ordering.account_url, stop)) {
      throw;
    }
    if (session.account().forget(ordering.account_url)) {
      session.log().warn(std::string(error.what()) +
                         "; looking for the account by its key");
    }
  }
  return obtain();
}

// What fails here is the whole issuer's trouble.
void Engine::set_up_issuer(Ordering& ordering, const std::stop_token& stop) {
  ordering.is_set_up = false;
  require_writable(plan_.certificates[ordering.task.certificate].issuer());
  require_writable(ordering.task.issuer);
  IssuerSession& session = *sessions_[ordering.task.issuer];
  ordering.account_url = session.account().client().account_url();
  ordering.account_url = session.account().ensure(stop).account_url();
  ordering.is_set_up = true;
}

// What the CA suggests, and when to ask again; after a failure what was known
// `before`.
Engine::Suggestion Engine::suggestion(
    const Task& task, const std::optional<RenewalWindow>& before,
    const EventLog& log, const std::stop_token& stop) {
  const TimePoint asked_at = environment_.clock.now();
  try {
    const auto current = environment_.publisher.certificate(task.certificate);
    const auto answer =
        current ? sessions_[task.issuer]->account().client().renewal_info(
                      current->chain, stop)
                : std::nullopt;
    if (!answer) {
      return {std::nullopt, asked_at + kQuestionInterval};
    }
    const Validity validity{current->chain.not_before(),
                            current->chain.not_after()};
    const auto window =
        adopt_window(answer->resource, validity, before, environment_.random);
    if (!window) {
      log.info("ignoring the renewal window that the CA suggests, " +
               rfc3339(answer->resource.start) + " to " +
               rfc3339(answer->resource.end) +
               ": it reaches beyond the certificate's life");
    }
    return {window,
            std::clamp(answer->retry_at.value_or(asked_at + kQuestionInterval),
                       asked_at + kShortestQuestionInterval,
                       asked_at + kLongestQuestionInterval)};
  } catch (const Error& error) {
    if (error.kind() == ErrorKind::kStopped) {
      return {before, asked_at};
    }
    log.info(std::string("cannot ask when to renew: ") + error.what());
    return {before, asked_at + kQuestionIntervalAfterFailure};
  }
}

void Engine::ask_renewal_info(const Task& task, const std::stop_token& stop) {
  const EventLog log = keeper_.log_of(task.certificate, task.issuer);
  std::optional<RenewalWindow> before;
  {
    const std::lock_guard lock(mutex_);
    before = scheduler_.window(task.certificate);
  }
  const auto [window, again] = suggestion(task, before, log, stop);
  const bool is_new = window.has_value() != before.has_value() ||
                      (window && (window->start != before->start ||
                                  window->end != before->end));
  TimePoint renew_at;
  {
    const std::lock_guard lock(mutex_);
    scheduler_.asked(task, window, again, environment_.clock.now());
    renew_at = scheduler_.renew_at(task.certificate);
  }
  if (!is_new) {
    return;
  }
  keeper_.note_window(task.certificate, window, renew_at);
  if (window) {
    log.write(
        window->explanation_url.empty() ? LogLevel::kInfo : LogLevel::kNotice,
        "to be renewed " + rfc3339(renew_at) + ", as the CA suggests" +
            (window->explanation_url.empty()
                 ? std::string()
                 : "; it explains: " + printable(window->explanation_url)));
  }
}

void Engine::succeeded(const Ordering& ordering, const Issued& issued) {
  const CertificateChain& chain = issued.certificate.chain;
  const Task& task = ordering.task;
  keeper_.log_of(task.certificate, task.issuer)
      .notice("issued by \"" + printable(chain.issuer_name()) + "\", serial " +
              chain.serial() + ", expires " + rfc3339(chain.not_after()) +
              ", to be renewed " + rfc3339(issued.renew_at) +
              fate_of(plan_.issuers[task.issuer]) +
              (issued.unsaved ? "; it is served, and not stored yet" : ""));
  const std::lock_guard lock(mutex_);
  const TimePoint now = environment_.clock.now();
  scheduler_.issued(task, {chain.not_before(), chain.not_after()},
                    issued.renew_at, issued.has_renewal_info, now);
  if (issued.unsaved) {
    scheduler_.save_later(task.certificate, now);
  }
}

void Engine::failed(const Ordering& ordering, const Error& error) {
  const Task& task = ordering.task;
  const TimePoint now = environment_.clock.now();
  const LeftOutDecision decision =
      keeper_.learn(task.certificate, ordering.verdicts);
  const bool is_new = !decision.added.empty() || !decision.removed.empty();
  const Rest rest = !decision.may_order_rest ? Rest::kNone
                    : is_new                 ? Rest::kNow
                                             : Rest::kIfDue;
  FailureOutcome outcome;
  TimePoint expires;
  std::map<std::size_t, Backoff> backoffs;
  bool has_limits = false;
  {
    const std::lock_guard lock(mutex_);
    outcome = scheduler_.failed(task, error, ordering.opened_order, now, rest);
    expires = scheduler_.expires(task.certificate);
    backoffs = scheduler_.backoffs(task.certificate);
    has_limits = scheduler_.budget(task.issuer).has_limits();
  }
  tell_failure(ordering, error, outcome, decision, expires);
  keeper_.note_failure(task.certificate, task.issuer, error, outcome, backoffs);
  if (!has_limits) {
    return;
  }
  try {
    save_budget(task.issuer);
  } catch (const Error& unsaved) {
    sessions_[task.issuer]->log().warn(unsaved.what());
  }
}

void Engine::tell_failure(const Ordering& ordering, const Error& error,
                          const FailureOutcome& outcome,
                          const LeftOutDecision& decision, TimePoint expires) {
  const Task& task = ordering.task;
  const TimePoint now = environment_.clock.now();
  const bool has_certificate = expires > now;
  const bool needs_a_person = error.kind() == ErrorKind::kPermanent ||
                              error.kind() == ErrorKind::kConfiguration ||
                              !has_certificate;
  LogLevel level = needs_a_person && outcome.next_try > now ? LogLevel::kError
                                                            : LogLevel::kWarn;
  std::string next = outcome.next_try <= now
                         ? "trying now"
                         : "next try " + rfc3339(outcome.next_try);
  if (outcome.next_issuer != task.issuer) {
    next += " at issuer \"" + plan_.issuers[outcome.next_issuer].name + "\"";
  }
  if (decision.may_order_rest) {
    const auto& left_out = keeper_.left_out(task.certificate);
    const bool is_news = !decision.added.empty() || !decision.removed.empty();
    // What was said once is said again when it changes.
    level = is_news ? LogLevel::kWarn : LogLevel::kInfo;
    std::vector<std::string> names;
    for (const auto& [name, why] : left_out) {
      names.push_back(name);
    }
    next = "it is ordered without " + describe({}, names) +
           ", all names are tried again " + rfc3339(outcome.next_try) +
           " (\"acme_partial off\" leaves none out)";
  }
  keeper_.log_of(task.certificate, task.issuer)
      .write(level, std::string(error.what()) + "; " + next +
                        (has_certificate
                             ? ", the current certificate is valid until " +
                                   rfc3339(expires)
                             : std::string()));
}

// Patience is no failure: one line for people, no back-off.
void Engine::unfinished(const Ordering& ordering, const Error& error) {
  const Task& task = ordering.task;
  WaitOutcome outcome;
  {
    const std::lock_guard lock(mutex_);
    outcome = scheduler_.put_off(task, ordering.opened_order,
                                 environment_.clock.now());
  }
  keeper_.log_of(task.certificate, task.issuer)
      .write(outcome.is_news ? LogLevel::kNotice : LogLevel::kInfo,
             std::string(error.what()) + "; the order is resumed " +
                 rfc3339(outcome.resumed_at) +
                 (outcome.next_issuer == task.issuer
                      ? std::string()
                      : ", and issuer \"" +
                            plan_.issuers[outcome.next_issuer].name +
                            "\" is asked meanwhile"));
  keeper_.note_next_try(task.certificate, outcome.next_try);
}

void Engine::stopped(const Ordering& ordering) {
  const std::lock_guard lock(mutex_);
  scheduler_.stopped(ordering.task, ordering.opened_order,
                     environment_.clock.now());
}

void Engine::revoked(std::size_t certificate) {
  const std::lock_guard lock(mutex_);
  scheduler_.revoked(certificate, environment_.clock.now());
  changed_.notify_all();
}

// Several orders meet the same outage: one line, one step.
void Engine::pause(std::size_t issuer, const Error& error) {
  IssuerOutcome outcome;
  {
    const std::lock_guard lock(mutex_);
    outcome = scheduler_.pause(issuer, error, environment_.clock.now());
    pause_reasons_[issuer] = printable(error.what());
  }
  if (outcome.is_news) {
    sessions_[issuer]->log().error(std::string(error.what()) + "; next try " +
                                   rfc3339(outcome.paused_until));
  }
}

void Engine::require_reachable(std::size_t issuer) {
  const std::lock_guard lock(mutex_);
  if (scheduler_.is_paused(issuer, environment_.clock.now())) {
    throw Error(ErrorKind::kStopped, "the issuer is paused");
  }
}

// The last look before the CA is asked: whoever waited for its directory, where
// a wrong clock is noticed, has it by now. The count is on disk before the CA
// counts.
void Engine::count_order(Ordering& ordering, bool replaces) {
  {
    const std::lock_guard lock(mutex_);
    if (!scheduler_.is_due(ordering.task, environment_.clock.now())) {
      throw Error(ErrorKind::kStopped,
                  "this machine's clock was set back: nothing is due yet");
    }
    if (!scheduler_.budget(ordering.task.issuer).has_limits()) {
      ordering.opened_order = true;
      return;
    }
    if (!replaces && ordering.task.order_kind == OrderKind::kReplacement) {
      scheduler_.count_as_renewal(ordering.task, environment_.clock.now());
    }
  }
  save_budget(ordering.task.issuer);
  ordering.opened_order = true;
}

bool Engine::may_order_again(const Task& task,
                             const std::vector<std::string>& names) {
  {
    const std::lock_guard lock(mutex_);
    if (!scheduler_.order_again(task, names, environment_.clock.now())) {
      return false;
    }
    if (!scheduler_.budget(task.issuer).has_limits()) {
      return true;
    }
  }
  save_budget(task.issuer);
  return true;
}

void Engine::count_account(std::size_t issuer) {
  {
    const std::lock_guard lock(mutex_);
    Budget& budget = scheduler_.budget(issuer);
    const TimePoint now = environment_.clock.now();
    if (const TimePoint next = budget.next_account(now); next > now) {
      throw Error(ErrorKind::kRateLimited,
                  "as many accounts were made as the CA allows")
          .with_retry_at(next);
    }
    budget.count_account(now);
    if (!budget.has_limits()) {
      return;
    }
  }
  save_budget(issuer);
}

void Engine::save_budget(std::size_t issuer) {
  const std::lock_guard saving(budget_mutex_);
  BudgetRecord record;
  {
    const std::lock_guard lock(mutex_);
    record = scheduler_.budget(issuer).record(environment_.clock.now());
  }
  sessions_[issuer]->store().save_budget(record);
}

}  // namespace acme
