// SPDX-License-Identifier: BSD-2-Clause
// What waits, for whom, and what must not be forgotten.
#include <algorithm>
#include <chrono>

#include "acme_core/engine/scheduler.h"
#include "acme_core/engine/scheduler_parts.h"

namespace acme {

void Scheduler::broken_off(const Task& task, TimePoint now) {
  if (is_running(task.certificate)) {
    switch (task.kind) {
      case Task::Kind::kOrder:
        // The CA may have been asked: it counts.
        failed(task, Error(ErrorKind::kOurs, "broken off"), true, now);
        break;
      case Task::Kind::kAskRenewalInfo:
        asked(task, window(task.certificate), now + std::chrono::hours(1), now);
        break;
      case Task::Kind::kSave:
        saved(task, now + std::chrono::minutes(5), now);
        break;
    }
  }
  find_lost(now);
}

void Scheduler::find_lost(TimePoint now) {
  for (std::size_t i = 0; i < certificates_.size(); ++i) {
    if (certificates_[i].route != nullptr &&
        certificates_[i].place == Certificate::Place::kNowhere) {
      look_at(i, now);
    }
  }
}

std::optional<Waiting> Scheduler::waits_for(std::size_t index,
                                            TimePoint now) const {
  const Certificate& certificate = certificates_[index];
  if (certificate.route == nullptr || certificate.wanted_at() > now) {
    return std::nullopt;
  }
  const auto& issuers = certificate.route->issuers;
  const bool all_are_down =
      std::all_of(issuers.begin(), issuers.end(), [&](std::size_t id) {
        return issuers_[id].outages != 0 || issuers_[id].is_paused;
      });
  if (!all_are_down) {
    return std::nullopt;
  }
  const std::size_t first = issuers.front();
  return Waiting{plan_.issuers[first].name, issuers_[first].is_paused
                                                ? "an operator has paused it"
                                                : issuers_[first].pause_reason};
}

bool Scheduler::is_running(std::size_t certificate) const {
  return certificates_[certificate].place == Certificate::Place::kRunning;
}

}  // namespace acme
