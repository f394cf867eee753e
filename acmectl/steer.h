// SPDX-License-Identifier: BSD-2-Clause
// A command is handed to nginx, and its progress told.
#pragma once

#include <string>

#include "acmectl/context.h"

namespace acmectl {

/// Posts to the path of an endpoint that takes commands, and tells what became
/// of it; `is_to_wait`: until its end. On a terminal one line shows how far it
/// is; elsewhere each step has a line of its own. Ctrl-C ends the waiting and
/// not the command. Returns kOk, kFailed, or kUnfinished when nobody waits any
/// more.
[[nodiscard]] int steer(const Context& context, const std::string& path,
                        bool is_to_wait);

}  // namespace acmectl
