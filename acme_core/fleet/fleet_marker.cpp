// SPDX-License-Identifier: BSD-2-Clause
// Which fleet and which tree of it a directory is a copy of.
#include "acme_core/fleet/fleet_marker.h"

#include "acme_core/storage/json_members.h"

namespace acme {

std::string write_fleet_marker(const FleetMarker& marker) {
  nlohmann::ordered_json document = {
      {"version", 1}, {"fleet", marker.fleet}, {"tree", marker.tree}};
  if (!marker.nodes.empty()) {
    document["nodes"] = marker.nodes;
  }
  return to_file_text(document);
}

std::optional<FleetMarker> read_fleet_marker(std::string_view text) {
  const nlohmann::json document = parse_object(text);
  FleetMarker marker{text_of(document, "fleet"), text_of(document, "tree"),
                     texts_of(document, "nodes", 10'000)};
  return marker.fleet.empty() || marker.tree.empty() ||
                 number_of(document, "version") != 1
             ? std::nullopt
             : std::optional(std::move(marker));
}

}  // namespace acme
