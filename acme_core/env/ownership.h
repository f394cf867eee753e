// SPDX-License-Identifier: BSD-2-Clause
// The command that gives a state directory to who works with it.
#pragma once

#include <sys/types.h>

#include <string>

namespace acme {

/// `chown -R USER:GROUP "PATH"`, by names where there are any.
[[nodiscard]] std::string chown_command(uid_t user, gid_t group,
                                        const std::string& path);

/// The name of the user, or its number.
[[nodiscard]] std::string user_name(uid_t user);

/// What to do about an error of the system in the directory, for this process's
/// user: "; as root, run …", or "" when ownership is not to blame.
[[nodiscard]] std::string ownership_cure(int error, const std::string& path);

}  // namespace acme
