// SPDX-License-Identifier: BSD-2-Clause
// What a node says of itself in the tree.
#include "acme_core/fleet/presence.h"

#include "acme_core/storage/json_members.h"

namespace acme {

std::string write_presence(const Presence& presence) {
  return to_file_text({{"version", 1},
                       {"node", presence.node},
                       {"branches", presence.branches},
                       {"answered", presence.answered}});
}

std::optional<Presence> read_presence(std::string_view text) {
  const nlohmann::json document = parse_object(text);
  Presence presence{text_of(document, "node"), texts_of(document, "branches"),
                    number_of(document, "answered")};
  return presence.node.empty() || number_of(document, "version") != 1
             ? std::nullopt
             : std::optional(std::move(presence));
}

}  // namespace acme
