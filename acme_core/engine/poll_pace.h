// SPDX-License-Identifier: BSD-2-Clause
// The pace at which a resource of a CA is polled (RFC 8555 section 7.5.1).
#pragma once

#include <algorithm>
#include <chrono>
#include <optional>
#include <stop_token>
#include <string>
#include <utility>

#include "acme_core/env/clock.h"
#include "acme_core/error.h"

namespace acme {

/// Waits between polls of one resource: doubling pauses, never shorter than
/// the CA's Retry-After.
class PollPace {
 public:
  /// `what` is polled, for the message when patience ends.
  PollPace(Clock& clock, std::string what)
      : clock_(clock),
        what_(std::move(what)),
        gives_up_at_(clock.steady_now() + kPatience) {}

  /// Throws Error(kLater) when the CA asks for a longer pause than a thread
  /// should wait, or after five minutes: the order is resumed later.
  /// Error(kStopped) on a stop request.
  void pause(std::optional<TimePoint> retry_at, std::stop_token stop) {
    const milliseconds asked =
        retry_at ? std::max(*retry_at - clock_.now(), milliseconds::zero())
                 : milliseconds::zero();
    if (asked > kLongestPause || clock_.steady_now() >= gives_up_at_) {
      throw Error(ErrorKind::kLater,
                  what_ +
                      " is still being processed by the CA; asked again "
                      "later")
          .with_retry_at(retry_at);
    }
    if (!clock_.sleep_for(std::max(asked, pause_), std::move(stop))) {
      throw Error(ErrorKind::kStopped, "stopping");
    }
    pause_ = std::min(pause_ * 2, kSlowestPoll);
  }

 private:
  using milliseconds = std::chrono::milliseconds;

  static constexpr milliseconds kFirstPause{25};
  static constexpr milliseconds kSlowestPoll{5'000};
  static constexpr milliseconds kLongestPause{30'000};
  static constexpr milliseconds kPatience = std::chrono::minutes(5);

  Clock& clock_;
  std::string what_;
  SteadyPoint gives_up_at_;
  milliseconds pause_ = kFirstPause;
};

}  // namespace acme
