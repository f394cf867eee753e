// SPDX-License-Identifier: BSD-2-Clause
// nginx's configuration language, as far as one has to know it to find
// directives: words, quotes, blocks and includes.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace acmectl {

struct ConfDirective {
  std::string name;
  std::vector<std::string> arguments;
  std::vector<ConfDirective> block;  ///< empty as well where there is none
};

/// What a file says; nullopt when nginx would not read it either, or its blocks
/// nest deeper than any that a person writes. Lua in "…_by_lua_block" is passed
/// over.
[[nodiscard]] std::optional<std::vector<ConfDirective>> parse_conf(
    std::string_view text);

/// What "nginx -T" printed: the files by name, as it has read them.
struct ConfDump {
  std::string main_file;  ///< the first one
  std::map<std::string, std::string> files;
};

/// Empty when there is no file in it.
[[nodiscard]] ConfDump split_dump(std::string_view output);

/// The whole configuration, every "include" replaced by what it includes;
/// nullopt as for parse_conf().
[[nodiscard]] std::optional<std::vector<ConfDirective>> parse_dump(
    const ConfDump& dump);

}  // namespace acmectl
