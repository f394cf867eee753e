// SPDX-License-Identifier: BSD-2-Clause
// From the command line to an exit code.
#pragma once

namespace acmectl {

/// Does what the arguments ask for; the exit code (exit_codes.h).
[[nodiscard]] int run(int argc, char** argv);

}  // namespace acmectl
