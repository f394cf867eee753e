// SPDX-License-Identifier: BSD-2-Clause
// Maps and sets of names that are searched without making a std::string.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <unordered_set>

namespace ngx_acme {

struct StringHash {
  // The standard library's own name.
  using is_transparent = void;  // NOLINT(readability-identifier-naming)
  std::size_t operator()(std::string_view text) const noexcept {
    return std::hash<std::string_view>{}(text);
  }
};

template <typename Value>
using NameMap =
    std::unordered_map<std::string, Value, StringHash, std::equal_to<>>;

using NameSet = std::unordered_set<std::string, StringHash, std::equal_to<>>;

}  // namespace ngx_acme
