// SPDX-License-Identifier: BSD-2-Clause
// The subcommands, each in a file of its name, or with its like (issuers.cpp,
// steering.cpp). add_NAME() tells CLI11 of one:
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
void add_list(CLI::App& app, Context& context);
void add_show(CLI::App& app, Context& context);
void add_watch(CLI::App& app, Context& context);
void add_issuers(CLI::App& app, Context& context);
void add_account(CLI::App& app, Context& context);
void add_events(CLI::App& app, Context& context);
void add_check(CLI::App& app, Context& context);
// Steer
void add_renew(CLI::App& app, Context& context);
void add_retry(CLI::App& app, Context& context);
void add_revoke(CLI::App& app, Context& context);
void add_rollover(CLI::App& app, Context& context);
void add_deactivate(CLI::App& app, Context& context);
void add_pause(CLI::App& app, Context& context);
void add_resume(CLI::App& app, Context& context);
// This machine and its files
void add_doctor(CLI::App& app, Context& context);
void add_export(CLI::App& app, Context& context);
void add_import(CLI::App& app, Context& context);
void add_dns_persist(CLI::App& app, Context& context);
void add_completion(CLI::App& app, Context& context);

}  // namespace acmectl
