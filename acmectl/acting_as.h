// SPDX-License-Identifier: BSD-2-Clause
// Root works in a state directory as the user whom it belongs to: every file is
// that user's from the start, and a link in the directory leads to nothing that
// the user could not reach.
#pragma once

#include <sys/types.h>

#include <string>

namespace acmectl {

struct Owner {
  uid_t user = 0;
  gid_t group = 0;
};

/// Of a directory. Throws acme::Error(kConfiguration) when it is none.
[[nodiscard]] Owner owner_of_directory(const std::string& path);

/// As long as it lives, of the whole process. Does nothing unless this process
/// is root's. Throws acme::Error(kOurs).
class ActingAs {
 public:
  explicit ActingAs(const Owner& owner);
  /// Ends the process when root's rights do not come back.
  ~ActingAs();
  ActingAs(const ActingAs&) = delete;
  ActingAs& operator=(const ActingAs&) = delete;

 private:
  bool has_changed_ = false;
};

}  // namespace acmectl
