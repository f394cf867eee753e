// SPDX-License-Identifier: BSD-2-Clause
// Counters in shared memory, by metric and labels.
#pragma once

#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <string_view>

#include "ngx_module/shared/fixed_text.h"

namespace ngx_acme {

/// Lives in the zone, made of zeros, guarded by its mutex.
class StatusCounters {
 public:
  static constexpr std::size_t kMost = 2000;
  static constexpr std::size_t kLongestLabels = 192;

  struct Series {
    std::uint64_t value;
    std::uint32_t metric;
    FixedText<kLongestLabels> labels;  ///< with kSeparator behind each
  };
  /// No label of ours has it.
  static constexpr char kSeparator = '\x1f';

  /// A series that finds no room is counted as lost.
  void add_locked(std::uint32_t metric,
                  std::initializer_list<std::string_view> labels,
                  std::uint64_t by) noexcept;

  /// Calls `take` with each Series.
  template <typename Take>
  void for_each_locked(Take take) const {
    for (std::size_t i = 0; i < count_ && i < kMost; ++i) {
      take(series_[i]);
    }
  }

 private:
  static constexpr std::size_t kBuckets = 4096;

  std::uint32_t count_;
  std::uint32_t lost_;
  std::uint16_t buckets_[kBuckets];  ///< index and 1; 0: empty
  Series series_[kMost];
};

}  // namespace ngx_acme
