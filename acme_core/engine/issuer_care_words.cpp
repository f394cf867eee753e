// SPDX-License-Identifier: BSD-2-Clause
// What is said of an issuer's certificates over time: at the start, while it is
// down, and before they end.
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <utility>

#include "acme_core/engine/event_report.h"
#include "acme_core/engine/issuer_care.h"

namespace acme {
namespace {

// Documents that are written in one go while an issuer is down; the others
// follow.
constexpr std::size_t kMostNotes = 200;
// Lines of one kind at once; what is more is counted.
constexpr std::size_t kMostAlarms = 20;

std::string time_left(TimePoint not_after, TimePoint now) {
  const auto left =
      std::chrono::floor<std::chrono::hours>(not_after - now).count();
  return left >= 48 ? std::to_string(left / 24) + " days"
         : left > 1 ? std::to_string(left) + " hours"
                    : "an hour or less";
}

}  // namespace

void IssuerCare::say_what_is_stored() const {
  std::size_t stored = 0;
  std::size_t next = 0;
  TimePoint renew_at = TimePoint::max();
  parts_.queue.use([&](const Scheduler& scheduler, TimePoint) {
    for (std::size_t i = 0; i < parts_.plan.certificates.size(); ++i) {
      if (!is_kept_here(i) || scheduler.expires(i) == TimePoint::min()) {
        continue;
      }
      ++stored;
      if (scheduler.renew_at(i) < renew_at) {
        renew_at = scheduler.renew_at(i);
        next = i;
      }
    }
  });
  if (stored == 0) {
    return;
  }
  session_.log().notice(
      std::to_string(stored) +
      (stored == 1 ? " stored certificate is" : " stored certificates are") +
      (parts_.plan.issuers[issuer_].dry_run ? " kept" : " served") +
      "; the next renewal is that of " + parts_.keeper.quoted(next) + ", " +
      rfc3339(renew_at));
}

// Why the certificate has not been renewed, as far as anybody knows.
std::string IssuerCare::reason_for_delay(std::size_t index) const {
  const auto waiting =
      parts_.queue.use([&](const Scheduler& scheduler, TimePoint now) {
        return scheduler.waits_for(index, now);
      });
  if (waiting) {
    return "it waits for issuer \"" + waiting->issuer +
           "\": " + waiting->reason;
  }
  return parts_.keeper.last_failure(index).value_or(
      "no order for it has failed since the last one");
}

void IssuerCare::watch_expiry() {
  struct Alarm {
    std::size_t certificate;
    ExpiryStage stage;
    TimePoint not_after;
  };
  std::vector<Alarm> alarms;
  const TimePoint now = parts_.environment.clock.now();
  parts_.queue.use([&](const Scheduler& scheduler, TimePoint) {
    for (std::size_t i = 0; i < parts_.plan.certificates.size(); ++i) {
      const TimePoint not_after = scheduler.expires(i);
      if (!is_kept_here(i) || not_after == TimePoint::min()) {
        continue;
      }
      if (const auto stage =
              alarms_.news(i, scheduler.renew_at(i), not_after, now)) {
        alarms.push_back({i, *stage, not_after});
      }
    }
  });
  for (std::size_t i = 0; i < alarms.size(); ++i) {
    const Alarm& alarm = alarms[i];
    if (i == kMostAlarms) {
      session_.log().error(
          std::to_string(alarms.size() - i) +
          " more certificates expire or have expired without a new one; their "
          "documents in \"" +
          session_.store().place() + "\" say why");
      return;
    }
    const bool is_over = alarm.stage == ExpiryStage::kOver;
    const std::string text =
        "the certificate " + std::string(is_over ? "expired " : "expires ") +
        rfc3339(alarm.not_after) +
        (is_over ? std::string() : ", in " + time_left(alarm.not_after, now)) +
        ", and has not been renewed: " + reason_for_delay(alarm.certificate);
    parts_.keeper.log_of(alarm.certificate, issuer_)
        .write(alarm.stage == ExpiryStage::kThird ? LogLevel::kWarn
                                                  : LogLevel::kError,
               text);
    tell_event(parts_, EventKind::kExpiring, alarm.certificate, issuer_, text);
  }
}

// Of whichever issuer answered last: they agree, unless a CA's clock is wrong.
void IssuerCare::note_clock() {
  const auto skew = session_.contact().clock_skew_seconds;
  if (skew && skew != noted_skew_) {
    noted_skew_ = skew;
    parts_.environment.monitor.note(ProcessNote{.started_at = parts_.started_at,
                                                .pid = getpid(),
                                                .clock_skew_seconds = skew});
  }
}

// What waits for an issuer that gives no answer says so in its document, and
// no longer when it does not.
void IssuerCare::note_waiting() {
  std::vector<std::pair<std::size_t, std::optional<Waiting>>> notes;
  parts_.queue.use([&](const Scheduler& scheduler, TimePoint now) {
    for (std::size_t i = 0;
         i < parts_.plan.certificates.size() && notes.size() < kMostNotes;
         ++i) {
      if (!is_kept_here(i)) {
        continue;
      }
      auto waiting = scheduler.waits_for(i, now);
      // One that is being ordered says what comes of it by itself.
      if (waiting != noted_waiting_[i] && !scheduler.is_running(i)) {
        noted_waiting_[i] = waiting;
        notes.emplace_back(i, std::move(waiting));
      }
    }
  });
  for (const auto& [certificate, waiting] : notes) {
    parts_.keeper.note_waiting(certificate, waiting);
  }
}

}  // namespace acme
