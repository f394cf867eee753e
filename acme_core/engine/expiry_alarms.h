// SPDX-License-Identifier: BSD-2-Clause
// Certificates that come near their end although they should have been renewed.
// Pure: it asks no clock and writes no line.
#pragma once

#include <cstddef>
#include <map>
#include <optional>

#include "acme_core/engine/renewal.h"
#include "acme_core/time_point.h"

namespace acme {

/// How much is left of what was left when its renewal was due.
enum class ExpiryStage {
  kFine,   ///< more than a third
  kThird,  ///< a third or less
  kTenth,  ///< a tenth or less
  kOver,   ///< it has expired
};

/// `renewal_due` is when its renewal was due. A certificate that had only
/// minutes left then is a test's: for it there are no alarms.
[[nodiscard]] ExpiryStage expiry_stage(TimePoint renewal_due,
                                       TimePoint not_after, TimePoint now);

/// Says each stage once for each certificate, and the last one every day.
/// Not thread-safe: its owner guards it.
class ExpiryAlarms {
 public:
  /// The stage when it is to be told now. Called as often as one likes.
  [[nodiscard]] std::optional<ExpiryStage> news(std::size_t certificate,
                                                TimePoint renewal_due,
                                                TimePoint not_after,
                                                TimePoint now);

 private:
  struct Said {
    TimePoint not_after;  ///< of which certificate
    ExpiryStage stage;
    TimePoint at;
  };

  std::map<std::size_t, Said> said_;
};

}  // namespace acme
