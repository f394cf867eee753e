// SPDX-License-Identifier: BSD-2-Clause
// The door to chance, for jitter only. Keys come from OpenSSL's own generator.
#pragma once

#include <cstdint>

namespace acme {

/// Thread-safe: any thread may call any method.
class Random {
 public:
  virtual ~Random() = default;

  /// A uniformly distributed number in [0, bound); 0 when bound is 0.
  [[nodiscard]] virtual std::uint64_t below(std::uint64_t bound) = 0;
};

/// The kernel's random numbers (getrandom(2)).
class SystemRandom final : public Random {
 public:
  [[nodiscard]] std::uint64_t below(std::uint64_t bound) override;
};

}  // namespace acme
