// SPDX-License-Identifier: BSD-2-Clause
// JSON from text and to text. The parser and the writer are large templates:
// here they are compiled once, not in every file that uses JSON. Included by
// .cpp files only, so that JSON stays out of our headers.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>
#include <string_view>

namespace acme {

/// What is in `text`; "discarded" when it is malformed. Throws nothing.
[[nodiscard]] nlohmann::json parse_json(std::string_view text);
/// The same, with members in the order of the text.
[[nodiscard]] nlohmann::ordered_json parse_ordered_json(std::string_view text);

/// What is not UTF-8 is replaced by U+FFFD. `indent` is in blanks; -1: in one
/// line.
[[nodiscard]] std::string to_text(const nlohmann::json& json, int indent = -1);
[[nodiscard]] std::string ordered_text(const nlohmann::ordered_json& json,
                                       int indent = -1);
/// ordered_text() with \u escapes for what is not ASCII.
[[nodiscard]] std::string ordered_ascii(const nlohmann::ordered_json& json,
                                        int indent = -1);

}  // namespace acme
