// SPDX-License-Identifier: BSD-2-Clause
// Chance that a test decides.
#pragma once

#include <atomic>
#include <cstdint>

#include "acme_core/env/random.h"

namespace acme {

/// Answers with the number at `position` of the range: 0 is the smallest, 1
/// the largest. Thread-safe.
class FakeRandom final : public Random {
 public:
  explicit FakeRandom(double position = 0) : position_(position) {}

  void set_position(double position) { position_ = position; }

  [[nodiscard]] std::uint64_t below(std::uint64_t bound) override {
    if (bound == 0) {
      return 0;
    }
    const double number = static_cast<double>(bound) * position_.load();
    return number >= static_cast<double>(bound - 1)
               ? bound - 1
               : static_cast<std::uint64_t>(number);
  }

 private:
  std::atomic<double> position_;
};

}  // namespace acme
