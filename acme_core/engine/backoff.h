// SPDX-License-Identifier: BSD-2-Clause
// How long to wait after a failure.
#pragma once

#include <chrono>

#include "acme_core/env/random.h"

namespace acme {

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

/// The same for a state directory that takes no writes: doubling from 1 s to
/// 30 s. Nobody but our own disk is asked.
[[nodiscard]] std::chrono::milliseconds disk_delay(unsigned failures);

/// A duration in [0, bound), uniformly distributed; 0 when bound is not
/// positive.
[[nodiscard]] std::chrono::milliseconds random_below(
    std::chrono::milliseconds bound, Random& random);

}  // namespace acme
