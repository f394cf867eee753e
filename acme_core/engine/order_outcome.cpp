// SPDX-License-Identifier: BSD-2-Clause
// What came of an order: for the queue, the log, and the certificate's
// document.
#include <map>
#include <string>
#include <vector>

#include "acme_core/engine/command_desk.h"
#include "acme_core/engine/event_report.h"
#include "acme_core/engine/issuer_report.h"
#include "acme_core/engine/order_run.h"
#include "acme_core/engine/revocation.h"

namespace acme {
namespace {

// What a dry run has to say about a certificate that all others serve.
std::string fate_of(const IssuerSpec& issuer) {
  return issuer.dry_run
             ? "; it is not served: take \"acme_dry_run\" away to have one "
               "from issuer \"" +
                   issuer.dry_run->issuer + "\""
             : std::string();
}

}  // namespace

void OrderRun::succeeded(const Outcome& outcome, const std::stop_token& stop) {
  const CertificateChain& chain = outcome.issued.certificate.chain;
  bool is_first = true;
  bool had_failed = false;
  log_.notice("issued by \"" + chain.issuer_name() + "\", serial " +
              chain.serial() + ", expires " + rfc3339(chain.not_after()) +
              ", to be renewed " + rfc3339(outcome.issued.renew_at) +
              fate_of(session_.spec()) +
              (outcome.unsaved ? "; it is served, and not stored yet" : ""));
  parts_.queue.use([&](Scheduler& scheduler, TimePoint now) {
    is_first = scheduler.expires(index_) == TimePoint::min();
    had_failed = !scheduler.backoffs(index_).empty();
    scheduler.issued(orders_.task(), {chain.not_before(), chain.not_after()},
                     outcome.issued.renew_at, outcome.has_renewal_info, now);
    if (outcome.unsaved) {
      scheduler.save_later(index_, now);
    }
  });
  count("issued", "none");
  const std::string text = "issued, serial " + chain.serial() + ", expires " +
                           rfc3339(chain.not_after());
  tell_event(parts_, is_first ? EventKind::kIssued : EventKind::kRenewed,
             index_, issuer_, text);
  if (had_failed) {
    tell_event(parts_, EventKind::kRecovered, index_, issuer_,
               "orders succeed again");
  }
  revoke_replaced_one(text, stop);
}

// It is written down until it is done: the issuer's care tries again.
void OrderRun::revoke_replaced_one(const std::string& issued,
                                   const std::stop_token& stop) {
  try {
    const std::string revoked = revoke_replaced(parts_, index_, stop);
    parts_.desk.order_ended(index_, true,
                            revoked.empty() ? issued : issued + "; " + revoked);
  } catch (const Error& error) {
    if (error.kind() == ErrorKind::kStopped) {
      return;  // the next process tells what becomes of it
    }
    log_.error(std::string("cannot revoke the certificate that was replaced, "
                           "tried again hourly: ") +
               error.what());
    parts_.desk.order_ended(
        index_, true, issued,
        std::string(
            "what it replaced cannot be revoked, tried again hourly: ") +
            error.what());
  }
}

void OrderRun::tell_outcome() {
  parts_.notes.order_is_at(index_, {}, {}, {});
  parts_.reports[issuer_]->publish();
}

void OrderRun::count(std::string_view result, std::string_view reason) {
  parts_.environment.monitor.add(Count::kOrders,
                                 {session_.spec().name, result, reason}, 1);
}

// Whether a failure of our own comes with a state directory that takes no
// writes: then the order goes on when it does again.
Failure OrderRun::meaning_of(const Error& error) {
  const Failure failure = failure_of(error);
  if (failure == Failure::kOurs &&
      (home_.block_if_unwritable() || session_.gate().block_if_unwritable())) {
    return Failure::kStopped;
  }
  return is_set_up_ || failure == Failure::kStopped ||
                 failure == Failure::kLater
             ? failure
             : Failure::kUnavailable;
}

void OrderRun::ended(const Error& error) {
  switch (meaning_of(error)) {
    case Failure::kStopped:
      stopped();
      break;
    case Failure::kLater:
      unfinished(error);
      break;
    case Failure::kUnavailable:
      session_.gate().back_off(error);
      stopped();
      break;
    case Failure::kOurs:
    case Failure::kUnverified:
    case Failure::kPassing:
    case Failure::kRefused:
    case Failure::kLimited:
    case Failure::kConfiguration:
      failed(error);
      break;
  }
}

void OrderRun::failed(const Error& error) {
  const LeftOutDecision decision = parts_.keeper.learn(index_, verdicts_);
  const Rest rest = !decision.may_order_rest ? Rest::kNone
                    : decision.is_news()     ? Rest::kNow
                                             : Rest::kIfDue;
  FailureOutcome outcome;
  TimePoint expires;
  std::map<std::size_t, Backoff> backoffs;
  bool has_limits = false;
  parts_.queue.use([&](Scheduler& scheduler, TimePoint now) {
    outcome = scheduler.failed(orders_.task(), error, orders_.was_opened(), now,
                               rest);
    expires = scheduler.expires(index_);
    backoffs = scheduler.backoffs(index_);
    has_limits = scheduler.budget(issuer_).has_limits();
  });
  tell_failure(error, outcome, decision, expires);
  count("failed", to_string(failure_of(error)));
  const std::string text =
      std::string(error.what()) + "; next try " + rfc3339(outcome.next_try);
  tell_event(parts_, EventKind::kFailed, index_, issuer_, text);
  if (expires == TimePoint::min()) {
    tell_event(parts_, EventKind::kFallbackServed, index_, issuer_,
               "there is no certificate, and the first order failed: visitors "
               "meet what \"acme_fallback\" says");
  }
  parts_.desk.order_ended(index_, false, text);
  parts_.keeper.note_failure(index_, issuer_, error, outcome, backoffs);
  if (!has_limits) {
    return;
  }
  try {
    session_.gate().save_budget();
  } catch (const Error& unsaved) {
    session_.log().warn(unsaved.what());
  }
}

void OrderRun::tell_failure(const Error& error, const FailureOutcome& outcome,
                            const LeftOutDecision& decision,
                            TimePoint expires) {
  const TimePoint now = parts_.environment.clock.now();
  const bool has_certificate = expires > now;
  const Failure failure = failure_of(error);
  const bool needs_a_person = failure == Failure::kRefused ||
                              failure == Failure::kConfiguration ||
                              !has_certificate;
  LogLevel level = needs_a_person && outcome.next_try > now ? LogLevel::kError
                                                            : LogLevel::kWarn;
  std::string next = outcome.next_try <= now
                         ? "trying now"
                         : "next try " + rfc3339(outcome.next_try);
  if (outcome.next_issuer != issuer_) {
    next +=
        " at issuer \"" + parts_.plan.issuers[outcome.next_issuer].name + "\"";
  }
  if (decision.may_order_rest) {
    // What was said once is said again when it changes.
    level = decision.is_news() ? LogLevel::kWarn : LogLevel::kInfo;
    std::vector<std::string> names;
    for (const auto& [name, why] : parts_.keeper.left_out(index_)) {
      names.push_back(name);
    }
    next = "it is ordered without " + describe({}, names) +
           ", all names are tried again " + rfc3339(outcome.next_try) +
           " (\"acme_partial off\" leaves none out)";
  }
  log_.write(level, std::string(error.what()) + "; " + next +
                        (has_certificate
                             ? ", the current certificate is valid until " +
                                   rfc3339(expires)
                             : std::string()));
}

// Patience is no failure: one line for people, no back-off.
void OrderRun::unfinished(const Error& error) {
  const WaitOutcome outcome =
      parts_.queue.use([&](Scheduler& scheduler, TimePoint now) {
        return scheduler.put_off(orders_.task(), orders_.was_opened(), now);
      });
  log_.write(outcome.is_news ? LogLevel::kNotice : LogLevel::kInfo,
             std::string(error.what()) + "; the order is resumed " +
                 rfc3339(outcome.resumed_at) +
                 (outcome.next_issuer == issuer_
                      ? std::string()
                      : ", and issuer \"" +
                            parts_.plan.issuers[outcome.next_issuer].name +
                            "\" is asked meanwhile"));
  parts_.keeper.note_next_try(index_, outcome.next_try);
}

void OrderRun::stopped() {
  parts_.queue.use([&](Scheduler& scheduler, TimePoint now) {
    scheduler.stopped(orders_.task(), orders_.was_opened(), now);
  });
}

}  // namespace acme
