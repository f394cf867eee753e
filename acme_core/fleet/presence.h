// SPDX-License-Identifier: BSD-2-Clause
// What a node says of itself in the tree, at nodes/<node>/<instance>: it is
// there, what it follows, and how far it is.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "acme_core/fleet/shared_tree.h"

namespace acme {

struct Presence {
  std::string node;
  std::vector<std::string> branches;  ///< that its directories are copies of
  /// Its workers answer what the tree had by then.
  TreeRevision answered = 0;
};

[[nodiscard]] std::string write_presence(const Presence& presence);

/// nullopt: it is none.
[[nodiscard]] std::optional<Presence> read_presence(std::string_view text);

}  // namespace acme
