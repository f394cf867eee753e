// SPDX-License-Identifier: BSD-2-Clause
// How many queries of a name server's clients are answered: token buckets for
// each source address and for all together.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

namespace acme {

/// Of one process. Its memory is fixed: two sources that come at the same time
/// may share a bucket's place, whose older owner then begins with a full one.
class QueryLimit {
 public:
  enum class Verdict {
    kAnswer,
    kSourceExceeds,  ///< this address has asked too much
    kTotalExceeds,   ///< all together have
  };

  /// A CA's resolver asks for every name of an order at once, and several
  /// questions about each.
  static constexpr std::uint32_t kPerSecond = 100;
  static constexpr std::uint32_t kBurst = 500;
  static constexpr std::uint32_t kTotalPerSecond = 5000;

  /// `secret` keeps others from choosing who shares a place.
  explicit QueryLimit(std::uint64_t secret) noexcept : secret_(secret) {}

  /// Counts one query. `address` as bytes; of an IPv6 address the network of a
  /// subscriber counts, the first 64 bits. `now` in milliseconds, from any
  /// point, and never going back.
  [[nodiscard]] Verdict admit(std::span<const std::uint8_t> address,
                              std::uint64_t now) noexcept;

 private:
  // In thousandths of a query, so that a millisecond brings `rate` of them.
  struct Bucket {
    std::uint64_t owner = 0;
    std::uint64_t last = 0;
    std::uint64_t level = 0;

    bool take(std::uint64_t now, std::uint32_t rate,
              std::uint32_t burst) noexcept;
  };
  static constexpr std::size_t kPlaces = 2048;

  std::uint64_t secret_;
  Bucket total_{0, 0, std::uint64_t{kTotalPerSecond} * 1000};
  std::array<Bucket, kPlaces> sources_{};
};

}  // namespace acme
