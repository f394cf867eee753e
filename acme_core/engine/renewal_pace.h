// SPDX-License-Identifier: BSD-2-Clause
// How fast renewals that are not urgent may begin. Pure: it asks no clock.
#pragma once

#include <chrono>
#include <optional>

#include "acme_core/engine/renewal.h"
#include "acme_core/time_point.h"

namespace acme {

/// Two and a half times the rate at which the managed certificates come due on
/// average, but at least twenty an hour: what fell due together, after an
/// outage or because all was issued in one hour, is spread out and stays so.
class RenewalPace {
 public:
  /// A certificate that is renewed from now on, or no longer.
  void add(const Validity& validity) noexcept;
  void remove(const Validity& validity) noexcept;

  /// Whether a renewal may begin at `now`.
  [[nodiscard]] bool allows_one(TimePoint now) noexcept;
  void begin_one() noexcept { left_ -= 1; }

  /// After allows_one() said no: when it will say yes.
  [[nodiscard]] TimePoint next(TimePoint now) const noexcept;

 private:
  [[nodiscard]] double per_hour() const noexcept;

  double average_ = 0;  ///< renewals an hour that all certificates come to
  double left_ = 0;
  std::optional<TimePoint> filled_at_;
};

}  // namespace acme
