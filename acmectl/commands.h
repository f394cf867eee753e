// SPDX-License-Identifier: BSD-2-Clause
// The subcommands, each in a file of its name. add_NAME() tells CLI11 of one:
// its options and help. Its callback sets Context::action, which main() runs
// when the whole command line was found good.
#pragma once

#include "acmectl/context.h"

namespace CLI {
class App;
}

namespace acmectl {

// Groups of "acmectl --help".
inline constexpr char kSee[] = "See";
inline constexpr char kSteer[] = "Steer";
inline constexpr char kFiles[] = "This machine and its files";

// Each adds one subcommand; `context` outlives `app`.
// See
// Steer
// This machine and its files
void add_doctor(CLI::App& app, Context& context);
void add_export(CLI::App& app, Context& context);
void add_import(CLI::App& app, Context& context);

}  // namespace acmectl
