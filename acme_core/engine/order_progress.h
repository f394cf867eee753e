// SPDX-License-Identifier: BSD-2-Clause
// Who is told what an order does while it is under way.
#pragma once

#include <string>
#include <string_view>

#include "acme_core/challenge/challenge_type.h"

namespace acme {

/// Told by the order's own thread.
class OrderProgress {
 public:
  virtual ~OrderProgress() = default;
  /// `url` is the order's; empty while the CA has not given it one.
  virtual void is_at(std::string_view /*step*/, const std::string& /*url*/) {}
  /// What the CA made of an answer to a challenge.
  virtual void was_proved(ChallengeType, bool /*is_valid*/) {}
};

/// Tells nobody.
[[nodiscard]] inline OrderProgress& no_progress() noexcept {
  static OrderProgress nobody;
  return nobody;
}

}  // namespace acme
