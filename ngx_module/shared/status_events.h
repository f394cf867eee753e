// SPDX-License-Identifier: BSD-2-Clause
// The last events in shared memory.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "ngx_module/shared/fixed_text.h"

namespace ngx_acme {

/// Lives in the zone, made of zeros, guarded by its mutex. Numbers count from 1
/// and go on over reloads.
class StatusEvents {
 public:
  static constexpr std::size_t kMost = 1000;
  static constexpr std::size_t kLongest = 1020;

  /// False when the text is longer than kLongest.
  bool add_locked(std::string_view text) noexcept {
    if (!texts_[last_ % kMost].assign(text)) {
      return false;
    }
    ++last_;
    return true;
  }

  /// Those with a higher number, oldest first. Throws std::bad_alloc.
  [[nodiscard]] std::vector<std::pair<std::uint64_t, std::string>> since_locked(
      std::uint64_t number) const {
    std::vector<std::pair<std::uint64_t, std::string>> events;
    const std::uint64_t oldest = last_ > kMost ? last_ - kMost : 0;
    for (std::uint64_t i = std::max(number, oldest); i < last_; ++i) {
      events.emplace_back(i + 1, texts_[i % kMost].view());
    }
    return events;
  }

 private:
  std::uint64_t last_;
  FixedText<kLongest> texts_[kMost];
};

}  // namespace ngx_acme
