// SPDX-License-Identifier: BSD-2-Clause
// HTML appended to a text.
#include "acme_core/status/html_text.h"

#include <algorithm>

namespace acme {
namespace {

constexpr std::string_view kReplacement = "\xEF\xBF\xBD";  // U+FFFD

bool is_plain_html(char c) noexcept {
  return c >= ' ' && c < '\x7f' && c != '&' && c != '<' && c != '>' &&
         c != '"' && c != '\'';
}

std::string_view entity(char c) noexcept {
  switch (c) {
    case '&':
      return "&amp;";
    case '<':
      return "&lt;";
    case '>':
      return "&gt;";
    case '"':
      return "&quot;";
    case '\'':
      return "&#39;";
    case '\n':
    case '\t':
      return " ";
    default:
      return {};
  }
}

// U+200E, U+200F, U+202A to U+202E, U+2066 to U+2069: three bytes each.
bool turns_direction(std::string_view text) noexcept {
  if (text.size() < 3 || text[0] != '\xE2') {
    return false;
  }
  const auto third = static_cast<unsigned char>(text[2]);
  return (text[1] == '\x80' && ((third >= 0xAA && third <= 0xAE) ||
                                third == 0x8E || third == 0x8F)) ||
         (text[1] == '\x81' && third >= 0xA6 && third <= 0xA9);
}

}  // namespace

HtmlText& HtmlText::raw(std::string_view markup) {
  out_ += markup;
  return *this;
}

HtmlText& HtmlText::text(std::string_view foreign) {
  if (std::all_of(foreign.begin(), foreign.end(), is_plain_html)) {
    out_ += foreign;
    return *this;
  }
  while (!foreign.empty()) {
    const char c = foreign.front();
    std::size_t taken = 1;
    if (is_plain_html(c)) {
      out_ += c;
    } else if (const std::string_view name = entity(c); !name.empty()) {
      out_ += name;
    } else if (turns_direction(foreign)) {
      out_ += kReplacement;
      taken = 3;
    } else if (static_cast<unsigned char>(c) < ' ' || c == '\x7f') {
      out_ += kReplacement;
    } else {
      out_ += c;
    }
    foreign.remove_prefix(taken);
  }
  return *this;
}

HtmlText& HtmlText::number(std::uint64_t value) {
  const std::string digits = std::to_string(value);
  for (std::size_t i = 0; i < digits.size(); ++i) {
    // 10 000: a narrow space, which every language can read.
    if (i != 0 && (digits.size() - i) % 3 == 0 && digits.size() > 4) {
      out_ += "\xE2\x80\xAF";
    }
    out_ += digits[i];
  }
  return *this;
}

HtmlText& HtmlText::link(std::string_view url) {
  if (!url.starts_with("https://") && !url.starts_with("http://")) {
    return text(url);
  }
  return raw("<a rel=\"noreferrer\" href=\"")
      .text(url)
      .raw("\">")
      .text(url)
      .raw("</a>");
}

}  // namespace acme
