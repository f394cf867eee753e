// SPDX-License-Identifier: BSD-2-Clause
// Lists in messages.
#pragma once

#include <cstddef>
#include <string>

namespace ngx_acme {

/// "a, b and 3 more".
template <typename Range, typename Text>
std::string listed(const Range& range, Text text) {
  constexpr std::size_t kMost = 10;
  std::string list;
  std::size_t count = 0;
  for (const auto& element : range) {
    if (count++ < kMost) {
      list.append(list.empty() ? "" : ", ").append(text(element));
    }
  }
  if (count > kMost) {
    list += " and " + std::to_string(count - kMost) + " more";
  }
  return list;
}

}  // namespace ngx_acme
