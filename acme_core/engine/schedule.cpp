// SPDX-License-Identifier: BSD-2-Clause
// When each certificate is looked at next.
#include "acme_core/engine/schedule.h"

#include <algorithm>
#include <array>
#include <limits>

namespace acme {
namespace {

using std::chrono::milliseconds;

milliseconds up_to(milliseconds bound, Random& random) {
  const auto count =
      static_cast<std::uint64_t>(std::max<milliseconds::rep>(bound.count(), 0));
  return milliseconds(static_cast<milliseconds::rep>(random.below(count)));
}

}  // namespace

void Schedule::put(std::size_t index, TimePoint due, TimePoint expires) {
  waiting_.insert({due, expires, index});
}

std::optional<std::size_t> Schedule::take(TimePoint now) {
  while (!waiting_.empty() && waiting_.begin()->due <= now) {
    const Waiting& first = *waiting_.begin();
    ready_.insert({first.expires, first.index});
    waiting_.erase(waiting_.begin());
  }
  if (ready_.empty()) {
    return std::nullopt;
  }
  const std::size_t index = ready_.begin()->second;
  ready_.erase(ready_.begin());
  return index;
}

std::optional<TimePoint> Schedule::next_due() const {
  if (!ready_.empty()) {
    return TimePoint::min();
  }
  if (waiting_.empty()) {
    return std::nullopt;
  }
  return waiting_.begin()->due;
}

TimePoint renewal_time(TimePoint not_before, TimePoint not_after,
                       Random& random) {
  const milliseconds lifetime =
      std::max(not_after - not_before, milliseconds::zero());
  return not_before + lifetime / 3 * 2 - up_to(lifetime / 50, random);
}

milliseconds retry_delay(unsigned failures, Random& random) {
  using std::chrono::hours;
  using std::chrono::minutes;
  static constexpr std::array<milliseconds, 4> kLadder{minutes(1), minutes(10),
                                                       minutes(100), hours(24)};
  const std::size_t step = std::min<std::size_t>(
      failures == 0 ? 0 : failures - 1, kLadder.size() - 1);
  return kLadder[step] + up_to(kLadder[step] / 10, random);
}

milliseconds outage_delay(unsigned failures, Random& random) {
  const unsigned doublings = std::min(failures == 0 ? 0 : failures - 1, 6U);
  const milliseconds delay = std::min<milliseconds>(
      std::chrono::minutes(1U << doublings), std::chrono::hours(1));
  return delay + up_to(delay / 10, random);
}

}  // namespace acme
