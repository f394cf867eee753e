// SPDX-License-Identifier: BSD-2-Clause
// Whose the files of an export are, and who may read them.
#pragma once

#include <sys/types.h>

#include <optional>
#include <string>

namespace acmectl {

struct FileAccess {
  std::optional<uid_t> user;   ///< nullopt: whoever runs the export
  std::optional<gid_t> group;  ///< likewise
  mode_t mode = 0600;
};

/// "USER", "USER:GROUP", ":GROUP", by name or number; a user without a group
/// has the user's own. Throws Refusal(kUsage) for one that does not exist.
void set_owner(FileAccess& access, const std::string& owner);

/// "0640". Throws Refusal(kUsage) for anything but permissions, and for a key
/// that everybody could read or that others could change.
void set_mode(FileAccess& access, const std::string& mode);

}  // namespace acmectl
