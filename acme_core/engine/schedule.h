// SPDX-License-Identifier: BSD-2-Clause
// When each certificate is looked at next. Pure bookkeeping: it asks no clock.
#pragma once

#include <chrono>
#include <cstddef>
#include <optional>
#include <set>
#include <utility>

#include "acme_core/env/random.h"
#include "acme_core/time_point.h"

namespace acme {

/// Not thread-safe: its owner guards it.
class Schedule {
 public:
  /// Has `index` taken at `due`. `expires` ranks it among those due: what
  /// expires first goes first; use TimePoint::min() for no certificate yet.
  void put(std::size_t index, TimePoint due, TimePoint expires);

  /// Removes and returns the most urgent one due at `now`.
  [[nodiscard]] std::optional<std::size_t> take(TimePoint now);

  /// When take() will next have something; nullopt when nothing is scheduled.
  [[nodiscard]] std::optional<TimePoint> next_due() const;

 private:
  struct Waiting {
    TimePoint due;
    TimePoint expires;
    std::size_t index;
    auto operator<=>(const Waiting&) const = default;
  };

  std::set<Waiting> waiting_;                          // by due time
  std::set<std::pair<TimePoint, std::size_t>> ready_;  // by expiry
};

/// When to renew: at two thirds of the lifetime, a little earlier by chance
/// (up to 2 % of the lifetime), so that certificates made together part ways.
[[nodiscard]] TimePoint renewal_time(TimePoint not_before, TimePoint not_after,
                                     Random& random);

/// How long to wait after the n-th failure in a row of one certificate (n from
/// 1): 1 min, 10 min, 100 min, then a day, as Let's Encrypt's integration guide
/// asks, each up to 10 % more by chance.
[[nodiscard]] std::chrono::milliseconds retry_delay(unsigned failures,
                                                    Random& random);

/// The same for a CA that gives no answer at all: doubling from 1 min to 1 h.
/// One request an hour is no burden, and an outage's end is noticed in time
/// for short-lived certificates.
[[nodiscard]] std::chrono::milliseconds outage_delay(unsigned failures,
                                                     Random& random);

}  // namespace acme
