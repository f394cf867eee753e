// SPDX-License-Identifier: BSD-2-Clause
// "acmectl deactivate": the account at an issuer is closed, for good.
#include <CLI/CLI.hpp>
#include <memory>

#include "acme_core/status/status_query.h"
#include "acmectl/ask.h"
#include "acmectl/commands.h"
#include "acmectl/refusal.h"
#include "acmectl/status_reader.h"
#include "acmectl/steer.h"

namespace acmectl {
namespace {

struct DeactivateOptions {
  std::string issuer;
  std::string confirmed;
};

int deactivate(const Context& context, const DeactivateOptions& options) {
  std::string typed = options.confirmed;
  if (typed.empty()) {
    if (!context.can_ask) {
      throw Refusal(kUsage,
                    "nobody can be asked here: add --confirm and the issuer's "
                    "name again");
    }
    typed = ask(context,
                "The account at " + options.issuer +
                    " is closed for good; its certificates cannot be renewed "
                    "with it.\nType the issuer's name to go on:");
  }
  if (typed != options.issuer) {
    throw Refusal(kFailed, "that is another name; nothing was done");
  }
  return steer(context,
               issuer_path(options.issuer, "deactivate") +
                   "?confirm=" + acme::percent_encoded(typed),
               /*is_to_wait=*/true);
}

}  // namespace

void add_deactivate(CLI::App& app, Context& context) {
  const auto options = std::make_shared<DeactivateOptions>();
  CLI::App* command =
      app.add_subcommand("deactivate", "Closes the account at an issuer");
  command->group(kSteer);
  command->footer("Example: acmectl deactivate letsencrypt");
  command
      ->add_option("ISSUER", options->issuer, "Its name in the configuration")
      ->required();
  command
      ->add_option("--confirm", options->confirmed,
                   "The issuer's name again, where nobody can be asked")
      ->type_name("ISSUER");
  command->callback([options, &context] {
    context.action = [options, &context] {
      return deactivate(context, *options);
    };
  });
}

}  // namespace acmectl
