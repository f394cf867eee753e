// SPDX-License-Identifier: BSD-2-Clause
// Names inside a state directory: "file" or "folder/file".
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace acme {

struct Path {
  std::string folder;  ///< empty: the root
  std::string file;
};

/// False for what could lead elsewhere: "..", anything with a slash.
[[nodiscard]] inline bool is_path_component(std::string_view name) noexcept {
  return !name.empty() && name != "." && name != ".." &&
         name.find('/') == std::string_view::npos &&
         name.find('\0') == std::string_view::npos;
}

/// nullopt for what is no name of a state directory.
[[nodiscard]] inline std::optional<Path> parse_path(std::string_view path) {
  const std::size_t slash = path.find('/');
  Path result;
  if (slash != std::string_view::npos) {
    result.folder = path.substr(0, slash);
    path.remove_prefix(slash + 1);
    if (!is_path_component(result.folder)) {
      return std::nullopt;
    }
  }
  result.file = path;
  if (!is_path_component(result.file)) {
    return std::nullopt;
  }
  return result;
}

}  // namespace acme
