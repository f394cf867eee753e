// SPDX-License-Identifier: BSD-2-Clause
// Single values out of the JSON files of other clients. What is malformed, or
// of another type, counts as missing.
#pragma once

#include <initializer_list>
#include <string>
#include <string_view>
#include <vector>

namespace acmectl {

/// The text at that path of members; "" when there is none, or it has
/// characters that are not printable ASCII.
[[nodiscard]] std::string json_text(std::string_view json,
                                    std::initializer_list<const char*> path);

/// The texts of the array there, without those that are none.
[[nodiscard]] std::vector<std::string> json_texts(
    std::string_view json, std::initializer_list<const char*> path);

}  // namespace acmectl
