// SPDX-License-Identifier: BSD-2-Clause
// Counters in shared memory, by metric and labels.
#include "ngx_module/shared/status_counters.h"

#include <array>
#include <functional>

namespace ngx_acme {

void StatusCounters::add_locked(std::uint32_t metric,
                                std::initializer_list<std::string_view> labels,
                                std::uint64_t by) noexcept {
  std::array<char, kLongestLabels> joined;
  std::size_t size = 0;
  for (const std::string_view label : labels) {
    if (size + label.size() + 1 > joined.size()) {
      ++lost_;
      return;
    }
    size += label.copy(joined.data() + size, label.size());
    joined[size++] = kSeparator;
  }
  const std::string_view text(joined.data(), size);
  std::size_t bucket = std::hash<std::string_view>{}(text) + metric * 31;
  for (;; ++bucket) {
    std::uint16_t& entry = buckets_[bucket % kBuckets];
    if (entry == 0) {
      if (count_ >= kMost) {
        ++lost_;
        return;
      }
      Series& made = series_[count_];
      made.metric = metric;
      made.labels.assign(text);
      made.value = by;
      entry = static_cast<std::uint16_t>(++count_);
      return;
    }
    Series& series = series_[(entry - 1U) % kMost];
    if (series.metric == metric && series.labels.view() == text) {
      series.value += by;
      return;
    }
  }
}

}  // namespace ngx_acme
