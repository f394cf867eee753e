// SPDX-License-Identifier: BSD-2-Clause
// Names and the wildcards that stand for them.
#pragma once

#include <algorithm>
#include <array>
#include <string_view>

#include "ngx_module/nginx/string_hash.h"

namespace ngx_acme {

/// True when the certificate of the wildcard "*.example.com" is good for the
/// name: a wildcard stands for one label (RFC 6125 section 6.4.3).
[[nodiscard]] constexpr bool is_covered_by(std::string_view name,
                                           std::string_view wildcard) noexcept {
  const std::size_t dot = name.find('.');
  return wildcard.starts_with("*.") && dot != std::string_view::npos &&
         dot != 0 && name.substr(dot) == wildcard.substr(1) && name != wildcard;
}

/// What the map has for the wildcard that covers the name; nullptr: nothing.
/// Allocates nothing.
template <typename Value>
[[nodiscard]] const Value* find_wildcard(const NameMap<Value>& map,
                                         std::string_view name) noexcept {
  // RFC 1035 section 2.3.4.
  std::array<char, 256> wildcard{'*'};
  const std::size_t dot = name.find('.');
  if (dot == std::string_view::npos || dot == 0 ||
      name.size() - dot >= wildcard.size()) {
    return nullptr;
  }
  const std::string_view rest = name.substr(dot);
  std::copy(rest.begin(), rest.end(), wildcard.begin() + 1);
  const auto found =
      map.find(std::string_view(wildcard.data(), rest.size() + 1));
  return found == map.end() ? nullptr : &found->second;
}

/// What the map has for the name itself, or for the wildcard that covers it;
/// nullptr: nothing. Allocates nothing.
template <typename Value>
[[nodiscard]] const Value* find_covering(const NameMap<Value>& map,
                                         std::string_view name) noexcept {
  const auto found = map.find(name);
  return found == map.end() ? find_wildcard(map, name) : &found->second;
}

}  // namespace ngx_acme
