// SPDX-License-Identifier: BSD-2-Clause
// What follows when somebody sets this machine's clock.
#include <algorithm>
#include <chrono>

#include "acme_core/engine/scheduler.h"
#include "acme_core/engine/scheduler_parts.h"

namespace acme {
namespace {

using std::chrono::milliseconds;

constexpr milliseconds kCorrection = std::chrono::minutes(1);
constexpr milliseconds kSoon = std::chrono::seconds(10);

// The end of a wait that began before. Without an end or a beginning it is
// none.
class MovedEnd {
 public:
  MovedEnd(milliseconds by, TimePoint latest) : by_(by), latest_(latest) {}

  void operator()(TimePoint& end) const {
    if (end != TimePoint::min() && end != TimePoint::max()) {
      end = std::min(end + by_, latest_);
    }
  }

 private:
  milliseconds by_;
  TimePoint latest_;
};

}  // namespace

void Scheduler::clock_was_set(milliseconds by, TimePoint now) {
  const bool is_correction = by <= -kCorrection || by >= kCorrection;
  const MovedEnd move(by, is_correction ? now + kSoon : TimePoint::max());
  const MovedEnd move_question(
      by, is_correction ? now + kLongestWaitForQuestion : TimePoint::max());
  for (Issuer& issuer : issuers_) {
    move(issuer.paused_until);
    move(issuer.held_until);
  }
  for (std::size_t i = 0; i < certificates_.size(); ++i) {
    Certificate& certificate = certificates_[i];
    const bool is_queued = certificate.place != Certificate::Place::kRunning &&
                           certificate.place != Certificate::Place::kNowhere;
    if (is_queued) {
      leave(i);
    }
    for (Backoff& backoff : certificate.backoffs) {
      move(backoff.retry_at);
    }
    move_question(certificate.ask_at);
    move(certificate.save_at);
    if (certificate.outdated_since) {
      move(*certificate.outdated_since);
    }
    if (!certificate.validity && certificate.renew_at != TimePoint::min()) {
      certificate.renew_at = std::min(certificate.renew_at + by, now);
    }
    if (is_queued) {
      look_at(i, now);
    }
  }
}

}  // namespace acme
