// SPDX-License-Identifier: BSD-2-Clause
// Which fleet and which tree of it a directory is a copy of: fleet.json in the
// directory, and the value "fleet" in the tree.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace acme {

struct FleetMarker {
  std::string fleet;  ///< the same as long as the fleet lives
  std::string tree;   ///< another one when the store was wiped
  /// Of the directory's copy: the nodes that there were last.
  std::vector<std::string> nodes = {};
  bool operator==(const FleetMarker&) const = default;
};

[[nodiscard]] std::string write_fleet_marker(const FleetMarker& marker);

/// nullopt: it is none.
[[nodiscard]] std::optional<FleetMarker> read_fleet_marker(
    std::string_view text);

}  // namespace acme
