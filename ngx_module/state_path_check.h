// SPDX-License-Identifier: BSD-2-Clause
// Whether a state directory can be used, before it is.
#pragma once

#include <sys/types.h>

#include <string>

namespace ngx_acme {

/// Whom nginx's workers, and with them the helper, run as; nginx's "unset"
/// without the directive `user`.
struct WorkerUser {
  uid_t user;
  gid_t group;
};

/// What is wrong with the path, and what to do about it, or "". Looks at modes
/// and at the file system, touches nothing. One that does not exist is fine:
/// nginx makes it.
[[nodiscard]] std::string state_path_fault(const std::string& path,
                                           WorkerUser user);

}  // namespace ngx_acme
