// SPDX-License-Identifier: BSD-2-Clause
// What an operator asks of the scheduler, and sees of it.
#include <algorithm>
#include <array>

#include "acme_core/engine/scheduler.h"
#include "acme_core/engine/scheduler_parts.h"

namespace acme {

std::string_view to_string(RenewalReason reason) noexcept {
  static constexpr std::array<std::string_view, 7> kWords = {
      "there is none yet",      "the configuration wishes another one",
      "the CA has revoked it",  "suggested by the CA",
      "called back by the CA",  "most of its lifetime is over by then",
      "its end is near by then"};
  return kWords[static_cast<std::size_t>(reason)];
}

template <typename Change>
void Scheduler::change(std::size_t index, TimePoint now, Change change) {
  Certificate& certificate = certificates_[index];
  const bool is_queued = certificate.place != Certificate::Place::kRunning &&
                         certificate.place != Certificate::Place::kNowhere;
  if (is_queued) {
    leave(index);
  }
  change(certificate);
  if (is_queued) {
    look_at(index, now);
  }
}

void Scheduler::revoked(std::size_t index, TimePoint now) {
  if (certificates_[index].validity) {
    change(index, now,
           [](Certificate& certificate) { certificate.is_revoked = true; });
  }
}

void Scheduler::replace(std::size_t index, TimePoint at, TimePoint now) {
  change(index, now, [&](Certificate& certificate) {
    certificate.outdated_since =
        std::min(at, certificate.outdated_since.value_or(TimePoint::max()));
  });
}

void Scheduler::forget_failures(std::size_t index, TimePoint now) {
  if (certificates_[index].route == nullptr) {
    return;
  }
  for (const std::size_t issuer : certificates_[index].route->issuers) {
    issuers_[issuer].paused_until =
        std::min(issuers_[issuer].paused_until, now);
  }
  change(index, now, [&](Certificate& certificate) {
    for (Backoff& backoff : certificate.backoffs) {
      backoff = {0, now};
    }
  });
}

void Scheduler::pause(std::size_t issuer) { issuers_[issuer].is_paused = true; }

void Scheduler::resume(std::size_t issuer, TimePoint now) {
  issuers_[issuer].is_paused = false;
  look_at_waiting(now);
}

// They may wait for something else than was known when they were put there.
void Scheduler::look_at_waiting(TimePoint now) {
  for (std::size_t i = 0; i < certificates_.size(); ++i) {
    if (certificates_[i].place == Certificate::Place::kWaiting) {
      leave(i);
      look_at(i, now);
    }
  }
}

Outlook Scheduler::outlook(std::size_t index, TimePoint now) const {
  const Certificate& certificate = certificates_[index];
  Outlook outlook;
  if (!certificate.backoffs.empty()) {
    const TimePoint retry_at = certificate.first_retry();
    const bool has_failed = std::any_of(
        certificate.backoffs.begin(), certificate.backoffs.end(),
        [](const Backoff& backoff) { return backoff.failures != 0; });
    if (has_failed && retry_at > now) {
      outlook.next_attempt = retry_at;
    }
  }
  if (!certificate.validity) {
    outlook.why = RenewalReason::kMissing;
    return outlook;
  }
  const Validity& validity = *certificate.validity;
  outlook.renew_at = certificate.wanted_at();
  if (certificate.is_revoked) {
    outlook.why = RenewalReason::kRevoked;
  } else if (certificate.outdated_since == outlook.renew_at) {
    outlook.why = RenewalReason::kOther;
  } else if (outlook.renew_at == urgent_time(validity)) {
    outlook.why = RenewalReason::kEnd;
  } else if (certificate.window) {
    outlook.why = is_recall(*certificate.window, validity)
                      ? RenewalReason::kCalledBack
                      : RenewalReason::kSuggested;
  }
  return outlook;
}

IssuerOutlook Scheduler::issuer_outlook(std::size_t id, TimePoint now) const {
  const Issuer& issuer = issuers_[id];
  IssuerOutlook outlook;
  if (issuer.paused_until > now) {
    outlook.paused_until = issuer.paused_until;
    outlook.paused_why = issuer.pause_reason;
  }
  outlook.is_paused_by_operator = issuer.is_paused;
  outlook.is_blocked = issuer.holds != 0;
  return outlook;
}

}  // namespace acme
