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

/// Waits between polls of one resource that is "pending" or "processing". The
/// CA's Retry-After is a hint there: some say a day and are done in minutes.
class PollPace {
 public:
  static constexpr std::chrono::milliseconds kPatience =
      std::chrono::minutes(15);
  static constexpr std::chrono::milliseconds kLongestPause =
      std::chrono::minutes(5);

  /// `what` is polled, for the message when patience ends.
  PollPace(Clock& clock, std::string what)
      : clock_(clock), what_(std::move(what)), begun_at_(clock.steady_now()) {}

  /// Waits as long as the CA asks, but no longer than kLongestPause; without a
  /// hint a pause twice the last one. Who asks for more than that does not
  /// know: then as long as it has been waited for. Throws Error(kLater) when
  /// kPatience is over: the order is resumed later. Error(kStopped) on a stop
  /// request.
  void pause(std::optional<TimePoint> retry_at, std::stop_token stop) {
    const milliseconds waited = std::chrono::duration_cast<milliseconds>(
        clock_.steady_now() - begun_at_);
    if (waited >= kPatience) {
      throw Error(
          ErrorKind::kLater,
          "the CA has not finished " + what_ + " within " +
              std::to_string(
                  std::chrono::duration_cast<std::chrono::minutes>(kPatience)
                      .count()) +
              " minutes");
    }
    milliseconds asked =
        retry_at ? *retry_at - clock_.now() : milliseconds::zero();
    if (asked > kLongestPause) {
      asked = std::clamp(waited, kShortestGuess, kLongestPause);
    }
    // The last look is when patience ends.
    const milliseconds pause =
        std::min(std::max(asked, pause_), kPatience - waited);
    if (!clock_.sleep_for(pause, std::move(stop))) {
      throw Error(ErrorKind::kStopped, "stopping");
    }
    pause_ = std::min(pause_ * 2, std::max(kSlowestPoll, waited / 8));
  }

 private:
  using milliseconds = std::chrono::milliseconds;

  static constexpr milliseconds kFirstPause{25};
  static constexpr milliseconds kSlowestPoll{5'000};
  static constexpr milliseconds kShortestGuess{15'000};

  Clock& clock_;
  std::string what_;
  SteadyPoint begun_at_;
  milliseconds pause_ = kFirstPause;
};

}  // namespace acme
