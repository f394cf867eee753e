// SPDX-License-Identifier: BSD-2-Clause
// Enumerations as the words that documents and configurations have for them.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <optional>
#include <string_view>

namespace acme {

/// The enumerator that has `word` in its place; enumerators count from 0.
template <typename Enum, std::size_t size>
[[nodiscard]] constexpr std::optional<Enum> from_word(
    const std::array<std::string_view, size>& words,
    std::string_view word) noexcept {
  const auto found = std::find(words.begin(), words.end(), word);
  return found == words.end()
             ? std::nullopt
             : std::optional(static_cast<Enum>(found - words.begin()));
}

template <typename Enum, std::size_t size>
[[nodiscard]] constexpr std::string_view to_word(
    const std::array<std::string_view, size>& words, Enum value) noexcept {
  return words[static_cast<std::size_t>(value)];
}

}  // namespace acme
