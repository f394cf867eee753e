// SPDX-License-Identifier: BSD-2-Clause
// How fast renewals that are not urgent may begin.
#include "acme_core/engine/renewal_pace.h"

#include <algorithm>
#include <ratio>

namespace acme {
namespace {

using Hours = std::chrono::duration<double, std::ratio<3600>>;

constexpr double kLeastPerHour = 20;
// What may begin at once after a quiet time, in hours of the full rate.
constexpr double kBurst = 1.0 / 10;

double renewals_per_hour(const Validity& validity) {
  const double age = Hours(renewal_age(validity)).count();
  return age > 0 ? 1 / age : 0;
}

}  // namespace

void RenewalPace::add(const Validity& validity) noexcept {
  average_ += renewals_per_hour(validity);
}

void RenewalPace::remove(const Validity& validity) noexcept {
  average_ -= renewals_per_hour(validity);
}

bool RenewalPace::allows_one(TimePoint now) noexcept {
  const double capacity = std::max(kLeastPerHour, per_hour() * kBurst);
  if (!filled_at_) {
    left_ = capacity;
    filled_at_ = now;
  } else if (now > *filled_at_) {
    left_ = std::min(capacity,
                     left_ + Hours(now - *filled_at_).count() * per_hour());
    filled_at_ = now;
  } else {
    filled_at_ = now;  // the clock was set back
  }
  return left_ >= 1;
}

TimePoint RenewalPace::next(TimePoint now) const noexcept {
  const Hours wait((1 - left_) / per_hour());
  return now + std::chrono::ceil<std::chrono::milliseconds>(wait) +
         std::chrono::milliseconds(1);
}

double RenewalPace::per_hour() const noexcept {
  return std::max(kLeastPerHour, 2.5 * average_);
}

}  // namespace acme
