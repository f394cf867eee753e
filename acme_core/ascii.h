// SPDX-License-Identifier: BSD-2-Clause
// Characters of protocols: ASCII, whatever the locale.
#pragma once

#include <algorithm>
#include <string>
#include <string_view>

namespace acme {

[[nodiscard]] constexpr char to_lower(char c) noexcept {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

[[nodiscard]] constexpr bool is_digit(char c) noexcept {
  return c >= '0' && c <= '9';
}

[[nodiscard]] constexpr bool is_alphanumeric(char c) noexcept {
  return (to_lower(c) >= 'a' && to_lower(c) <= 'z') || is_digit(c);
}

[[nodiscard]] inline std::string lowered(std::string_view text) {
  std::string result(text);
  std::transform(result.begin(), result.end(), result.begin(), to_lower);
  return result;
}

/// As words are compared that have no case: RFC 1035 section 2.3.3, RFC 8288
/// section 3.3, RFC 4514 section 3.
[[nodiscard]] constexpr bool equal_without_case(std::string_view a,
                                                std::string_view b) noexcept {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                    [](char x, char y) { return to_lower(x) == to_lower(y); });
}

}  // namespace acme
