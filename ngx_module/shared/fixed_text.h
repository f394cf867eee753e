// SPDX-License-Identifier: BSD-2-Clause
// A short text in shared memory, with its room around it.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace ngx_acme {

/// Made of zeros: empty. What a process that died left half written is still a
/// text.
template <std::size_t kRoom>
class FixedText {
 public:
  /// False, and nothing is changed, when it is too long.
  bool assign(std::string_view text) noexcept {
    if (text.size() > kRoom) {
      return false;
    }
    size_ = 0;
    text.copy(text_, text.size());
    size_ = static_cast<std::uint32_t>(text.size());
    return true;
  }
  /// The beginning, as much as there is room for.
  void assign_cut(std::string_view text) noexcept {
    assign(text.substr(0, kRoom));
  }
  [[nodiscard]] std::string_view view() const noexcept {
    return {text_, std::min<std::size_t>(size_, kRoom)};
  }

 private:
  std::uint32_t size_;
  char text_[kRoom];
};

}  // namespace ngx_acme
