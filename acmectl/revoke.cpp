// SPDX-License-Identifier: BSD-2-Clause
// "acmectl revoke": the CA takes a certificate back.
#include <CLI/CLI.hpp>
#include <algorithm>
#include <memory>

#include "acmectl/ask.h"
#include "acmectl/commands.h"
#include "acmectl/revocation_reasons.h"
#include "acmectl/status_reader.h"
#include "acmectl/steer.h"

namespace acmectl {
namespace {

struct RevokeOptions {
  std::string name;
  std::string reason;
  bool now = false;
  bool yes = false;
};

std::string why_no_reason(const std::string& text) {
  return std::find(kRevocationReasons.begin(), kRevocationReasons.end(),
                   text) != kRevocationReasons.end()
             ? std::string()
             : "\"" + text + "\" is none of them; see --help";
}

int revoke(const Context& context, const RevokeOptions& options) {
  confirm(context,
          options.now ? "Revoke " + options.name +
                            " at once? Visitors meet it until there is another."
                      : "Replace " + options.name + ", then revoke it?",
          options.yes);
  return steer(context,
               certificate_path(options.name, "revoke") +
                   "?reason=" + options.reason + (options.now ? "&now=1" : ""),
               /*is_to_wait=*/true);
}

}  // namespace

void add_revoke(CLI::App& app, Context& context) {
  const auto options = std::make_shared<RevokeOptions>();
  CLI::App* command = app.add_subcommand(
      "revoke", "Has a certificate revoked, after another one is served");
  command->group(kSteer);
  command->footer(
      "Example: acmectl revoke www.example.com --reason keyCompromise");
  command->add_option("NAME", options->name, "Its first name, or its id")
      ->required();
  command
      ->add_option("--reason", options->reason,
                   "keyCompromise, superseded, cessationOfOperation, "
                   "affiliationChanged or unspecified (RFC 5280)")
      ->type_name("REASON")
      ->required()
      ->check(why_no_reason);
  command->add_flag("--now", options->now, "Before there is another one");
  command->add_flag("-y,--yes", options->yes, "Without a question");
  command->callback([options, &context] {
    context.action = [options, &context] { return revoke(context, *options); };
  });
}

}  // namespace acmectl
