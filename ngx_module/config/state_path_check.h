// SPDX-License-Identifier: BSD-2-Clause
// Whether a state directory can be used, before it is.
#pragma once

#include <string>

#include "ngx_module/config/worker_access.h"

namespace ngx_acme {

/// What is wrong with the path, and what to do about it, or "". Looks at modes
/// and at the file system, touches nothing. One that does not exist is fine:
/// nginx makes it.
[[nodiscard]] std::string state_path_fault(const std::string& path,
                                           WorkerUser user);

}  // namespace ngx_acme
