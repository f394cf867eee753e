// SPDX-License-Identifier: BSD-2-Clause
// How many columns of a terminal a text takes, and making it take fewer.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace acmectl {

/// Of UTF-8 without control characters (acme::printable()): East Asian wide
/// characters take two columns, combining ones none.
[[nodiscard]] std::size_t text_width(std::string_view text);

/// The text in at most `width` columns; what is cut off its end becomes "…".
[[nodiscard]] std::string fitted(std::string_view text, std::size_t width);

/// The text in lines of at most `width` columns, broken at spaces; a word that
/// is longer is broken where the line ends. At least one line.
[[nodiscard]] std::vector<std::string> wrapped(std::string_view text,
                                               std::size_t width);

}  // namespace acmectl
