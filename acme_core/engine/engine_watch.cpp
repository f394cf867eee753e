// SPDX-License-Identifier: BSD-2-Clause
// What the engine says of certificates over time: at the start, while an issuer
// is down, and before they end.
#include <algorithm>
#include <chrono>
#include <optional>
#include <string>
#include <vector>

#include "acme_core/engine/engine.h"

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

void Engine::say_what_is_stored(std::size_t issuer) {
  std::size_t stored = 0;
  std::size_t next = 0;
  TimePoint renew_at = TimePoint::max();
  {
    const std::lock_guard lock(mutex_);
    for (std::size_t i = 0; i < plan_.certificates.size(); ++i) {
      if (plan_.certificates[i].issuer() != issuer ||
          scheduler_.expires(i) == TimePoint::min()) {
        continue;
      }
      ++stored;
      if (scheduler_.renew_at(i) < renew_at) {
        renew_at = scheduler_.renew_at(i);
        next = i;
      }
    }
  }
  if (stored == 0) {
    return;
  }
  sessions_[issuer]->log().notice(
      std::to_string(stored) +
      (stored == 1 ? " stored certificate is" : " stored certificates are") +
      (plan_.issuers[issuer].rehearsal ? " kept" : " served") +
      "; the next renewal is that of " + keeper_.quoted(next) + ", " +
      rfc3339(renew_at));
}

// Why the certificate has not been renewed, as far as anybody knows.
std::string Engine::reason_for_delay(std::size_t index) {
  std::optional<std::size_t> waits_for;
  {
    const std::lock_guard lock(mutex_);
    waits_for = scheduler_.waits_for(index, environment_.clock.now());
    if (waits_for && !pause_reasons_[*waits_for].empty()) {
      return "it waits for issuer \"" + plan_.issuers[*waits_for].name +
             "\": " + pause_reasons_[*waits_for];
    }
  }
  return keeper_.last_failure(index).value_or(
      "no order for it has failed since the last one");
}

void Engine::watch_expiry(std::size_t issuer) {
  struct Alarm {
    std::size_t certificate;
    ExpiryStage stage;
    TimePoint not_after;
  };
  std::vector<Alarm> alarms;
  const TimePoint now = environment_.clock.now();
  {
    const std::lock_guard lock(mutex_);
    for (std::size_t i = 0; i < plan_.certificates.size(); ++i) {
      const TimePoint not_after = scheduler_.expires(i);
      if (plan_.certificates[i].issuer() != issuer ||
          not_after == TimePoint::min()) {
        continue;
      }
      if (const auto stage =
              alarms_.news(i, scheduler_.renew_at(i), not_after, now)) {
        alarms.push_back({i, *stage, not_after});
      }
    }
  }
  for (std::size_t i = 0; i < alarms.size(); ++i) {
    const Alarm& alarm = alarms[i];
    if (i == kMostAlarms) {
      sessions_[issuer]->log().error(
          std::to_string(alarms.size() - i) +
          " more certificates expire or have expired without a new one; their "
          "documents in \"" +
          sessions_[issuer]->state_path() + "\" say why");
      return;
    }
    const bool is_over = alarm.stage == ExpiryStage::kOver;
    keeper_.log_of(alarm.certificate, issuer)
        .write(alarm.stage == ExpiryStage::kThird ? LogLevel::kWarn
                                                  : LogLevel::kError,
               "the certificate " +
                   std::string(is_over ? "expired " : "expires ") +
                   rfc3339(alarm.not_after) +
                   (is_over ? std::string()
                            : ", in " + time_left(alarm.not_after, now)) +
                   ", and has not been renewed: " +
                   reason_for_delay(alarm.certificate));
  }
}

// What waits for an issuer that gives no answer says so in its document, and
// no longer when it does not.
void Engine::note_waiting(std::size_t issuer) {
  struct Note {
    std::size_t certificate;
    std::optional<Waiting> waiting;
  };
  std::vector<Note> notes;
  {
    const std::lock_guard lock(mutex_);
    const TimePoint now = environment_.clock.now();
    for (std::size_t i = 0;
         i < plan_.certificates.size() && notes.size() < kMostNotes; ++i) {
      if (plan_.certificates[i].issuer() != issuer) {
        continue;
      }
      const auto waits_for = scheduler_.waits_for(i, now);
      std::optional<Waiting> waiting;
      if (waits_for && !pause_reasons_[*waits_for].empty()) {
        waiting = {plan_.issuers[*waits_for].name, pause_reasons_[*waits_for]};
      }
      // One that is being ordered says what comes of it by itself.
      if (waiting != noted_waiting_[i] && !scheduler_.is_running(i)) {
        noted_waiting_[i] = waiting;
        notes.push_back({i, std::move(waiting)});
      }
    }
  }
  for (const auto& [certificate, waiting] : notes) {
    keeper_.note_waiting(certificate, waiting);
  }
}

}  // namespace acme
