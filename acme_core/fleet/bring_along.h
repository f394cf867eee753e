// SPDX-License-Identifier: BSD-2-Clause
// What a node has that its fleet lacks: it joins with the state of a single
// machine, or the store was wiped or has lost what was written last.
#pragma once

#include <vector>

#include "acme_core/fleet/replica.h"
#include "acme_core/time_point.h"

namespace acme {

enum class TreeIs {
  kOurs,     ///< what it lacks was removed
  kAnother,  ///< or empty: what it lacks it never had
};

/// Puts into the tree what is newer in the directory: of each certificate the
/// pair that begins later, if it is valid and belongs together; and from
/// another tree's copy an account, orders and the rest where the tree has none.
/// `entries` is the branch as it was read, without its name. Throws Error.
/// Returns how many files it brought or another node brought first: unless
/// none, the branch has to be read again.
[[nodiscard]] std::size_t bring_along(Replica& replica,
                                      const std::vector<TreeEntry>& entries,
                                      const SealingKeys& keys, TreeIs tree,
                                      TimePoint now);

}  // namespace acme
