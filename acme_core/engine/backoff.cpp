// SPDX-License-Identifier: BSD-2-Clause
// How long to wait after a failure.
#include "acme_core/engine/backoff.h"

#include <algorithm>
#include <array>

namespace acme {

using std::chrono::milliseconds;

milliseconds random_below(milliseconds bound, Random& random) {
  const auto count =
      static_cast<std::uint64_t>(std::max<milliseconds::rep>(bound.count(), 0));
  return milliseconds(static_cast<milliseconds::rep>(random.below(count)));
}

milliseconds retry_delay(unsigned failures, Random& random) {
  using std::chrono::hours;
  using std::chrono::minutes;
  static constexpr std::array<milliseconds, 4> kLadder{minutes(1), minutes(10),
                                                       minutes(100), hours(24)};
  const std::size_t step = std::min<std::size_t>(
      failures == 0 ? 0 : failures - 1, kLadder.size() - 1);
  return kLadder[step] + random_below(kLadder[step] / 10, random);
}

milliseconds outage_delay(unsigned failures, Random& random) {
  const unsigned doublings = std::min(failures == 0 ? 0 : failures - 1, 6U);
  const milliseconds delay = std::min<milliseconds>(
      std::chrono::minutes(1U << doublings), std::chrono::hours(1));
  return delay + random_below(delay / 10, random);
}

milliseconds disk_delay(unsigned failures) {
  const unsigned doublings = std::min(failures == 0 ? 0 : failures - 1, 5U);
  return std::min<milliseconds>(std::chrono::seconds(1U << doublings),
                                std::chrono::seconds(30));
}

}  // namespace acme
