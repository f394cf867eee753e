// SPDX-License-Identifier: BSD-2-Clause
// How many columns of a terminal a text takes.
#include "acmectl/text_width.h"

#include <algorithm>
#include <cwchar>
#include <utility>

namespace acmectl {
namespace {

struct Character {
  std::size_t bytes = 1;
  std::size_t columns = 1;
};

// The next one. A byte that begins none counts as one.
Character next_character(std::string_view text) {
  const auto byte = [&](std::size_t i) {
    return static_cast<unsigned char>(text[i]);
  };
  const unsigned char first = byte(0);
  if (first < 0x80) {
    return {};
  }
  const std::size_t bytes = first >= 0xF0   ? 4
                            : first >= 0xE0 ? 3
                            : first >= 0xC2 ? 2
                                            : 1;
  if (bytes == 1 || bytes > text.size()) {
    return {};
  }
  wint_t code = first & (0xFFU >> (bytes + 1));
  for (std::size_t i = 1; i < bytes; ++i) {
    code = (code << 6U) | (byte(i) & 0x3FU);
  }
  // -1: the C library knows no such character, and terminals show a box.
  const int columns = wcwidth(static_cast<wchar_t>(code));
  return {bytes, columns < 0 ? 1 : static_cast<std::size_t>(columns)};
}

// The longest beginning that takes at most `width` columns, in bytes.
std::size_t beginning(std::string_view text, std::size_t width) {
  std::size_t at = 0;
  std::size_t used = 0;
  while (at < text.size()) {
    const Character next = next_character(text.substr(at));
    if (used + next.columns > width) {
      break;
    }
    used += next.columns;
    at += next.bytes;
  }
  return at;
}

}  // namespace

std::size_t text_width(std::string_view text) {
  std::size_t width = 0;
  while (!text.empty()) {
    const Character next = next_character(text);
    width += next.columns;
    text.remove_prefix(next.bytes);
  }
  return width;
}

std::string fitted(std::string_view text, std::size_t width) {
  if (text_width(text) <= width) {
    return std::string(text);
  }
  return width == 0
             ? std::string()
             : std::string(text.substr(0, beginning(text, width - 1))) + "…";
}

std::vector<std::string> wrapped(std::string_view text, std::size_t width) {
  width = std::max<std::size_t>(width, 1);
  std::vector<std::string> lines;
  std::string line;
  const auto end_line = [&] { lines.push_back(std::exchange(line, {})); };
  while (!text.empty()) {
    std::string_view word = text.substr(0, text.find(' '));
    text.remove_prefix(std::min(word.size() + 1, text.size()));
    if (!line.empty() && text_width(line) + 1 + text_width(word) > width) {
      end_line();
    }
    while (text_width(word) > width) {
      // A character that is wider than the line gets it all the same.
      const std::size_t part =
          std::max(beginning(word, width), next_character(word).bytes);
      lines.emplace_back(word.substr(0, part));
      word.remove_prefix(part);
    }
    line.append(line.empty() ? "" : " ").append(word);
  }
  if (!line.empty() || lines.empty()) {
    end_line();
  }
  return lines;
}

}  // namespace acmectl
