// SPDX-License-Identifier: BSD-2-Clause
// Lists and quotes in messages.
#pragma once

#include <cstddef>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace acme {

[[nodiscard]] inline std::string in_quotes(std::string_view text) {
  return '"' + std::string(text) + '"';
}

/// "a, b and 3 more": what `text` makes of the first elements, `most` at most.
template <typename Range, typename Text>
[[nodiscard]] std::string listed(const Range& range, Text text,
                                 std::size_t most = 10) {
  std::string list;
  std::size_t count = 0;
  for (const auto& element : range) {
    if (count++ < most) {
      list.append(list.empty() ? "" : ", ").append(text(element));
    }
  }
  return count <= most
             ? list
             : list + " and " + std::to_string(count - most) + " more";
}

[[nodiscard]] inline std::string listed(const std::vector<std::string>& texts,
                                        std::size_t most = 10) {
  return listed(texts, std::identity(), most);
}

}  // namespace acme
