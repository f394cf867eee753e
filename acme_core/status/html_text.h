// SPDX-License-Identifier: BSD-2-Clause
// HTML appended to a text: what is ours as it is, all else escaped.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace acme {

class HtmlText {
 public:
  explicit HtmlText(std::string& out) noexcept : out_(out) {}

  /// Markup of ours.
  HtmlText& raw(std::string_view markup);

  /// Anything, for between tags and for values of attributes in double quotes.
  /// Control characters and those that turn the direction of text are replaced:
  /// a name must not look like another.
  HtmlText& text(std::string_view foreign);

  HtmlText& number(std::uint64_t value);

  /// A link to a URL of a CA's, or its text when it is none.
  HtmlText& link(std::string_view url);

 private:
  std::string& out_;
};

}  // namespace acme
