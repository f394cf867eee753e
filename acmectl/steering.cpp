// SPDX-License-Identifier: BSD-2-Clause
// The subcommands that need no more than a name: renew, retry, rollover, pause
// and resume.
#include <CLI/CLI.hpp>
#include <memory>

#include "acme_core/status/status_query.h"
#include "acmectl/commands.h"
#include "acmectl/refusal.h"
#include "acmectl/status_reader.h"
#include "acmectl/steer.h"

namespace acmectl {
namespace {

struct RenewOptions {
  std::string name;
  std::string issuer;
  bool all = false;
  bool force = false;
  bool wait = false;
};

std::string renewal_path(const RenewOptions& options) {
  std::string path = options.name.empty()
                         ? std::string("1/certificates/renew")
                         : certificate_path(options.name, "renew");
  const char* separator = "?";
  if (!options.issuer.empty()) {
    path.append(separator).append("issuer=").append(
        acme::percent_encoded(options.issuer));
    separator = "&";
  }
  if (options.force) {
    path.append(separator).append("force=1");
  }
  return path;
}

int renew(const Context& context, const RenewOptions& options) {
  const int subjects = (options.name.empty() ? 0 : 1) +
                       (options.issuer.empty() ? 0 : 1) + (options.all ? 1 : 0);
  if (subjects != 1) {
    throw Refusal(kUsage,
                  "say what to renew: a NAME, or --all, or --issuer NAME");
  }
  return steer(context, renewal_path(options), options.wait);
}

// A subcommand whose path follows from the name it is given.
void add_simple(CLI::App& app, Context& context, const char* verb,
                const char* help, const char* example, const char* subject,
                std::string (*path)(std::string_view, std::string_view)) {
  const auto name = std::make_shared<std::string>();
  CLI::App* command = app.add_subcommand(verb, help);
  command->group(kSteer);
  command->footer(std::string("Example: acmectl ") + example);
  command
      ->add_option(subject, *name,
                   path == certificate_path ? "Its first name, or its id"
                                            : "Its name in the configuration")
      ->required();
  command->callback([name, &context, verb, path] {
    context.action = [name, &context, verb, path] {
      return steer(context, path(*name, verb), /*is_to_wait=*/true);
    };
  });
}

}  // namespace

void add_renew(CLI::App& app, Context& context) {
  const auto options = std::make_shared<RenewOptions>();
  CLI::App* command = app.add_subcommand(
      "renew", "Orders a certificate now, within the CA's limits");
  command->group(kSteer);
  command->footer("Example: acmectl renew www.example.com --wait");
  command->add_option("NAME", options->name, "Its first name, or its id");
  command->add_flag("--all", options->all, "All of them, paced");
  command->add_option("--issuer", options->issuer, "All of this issuer, paced")
      ->type_name("NAME");
  command->add_flag("--force", options->force,
                    "Although it is not near its renewal");
  command->add_flag("--wait", options->wait,
                    "Until it is done, and say how it went");
  command->callback([options, &context] {
    context.action = [options, &context] { return renew(context, *options); };
  });
}

void add_retry(CLI::App& app, Context& context) {
  add_simple(app, context, "retry",
             "Forgets the delay after a failure: the next attempt is now",
             "retry www.example.com", "NAME", certificate_path);
}

void add_rollover(CLI::App& app, Context& context) {
  add_simple(app, context, "rollover",
             "Gives the account at an issuer another key",
             "rollover letsencrypt", "ISSUER", issuer_path);
}

void add_pause(CLI::App& app, Context& context) {
  add_simple(app, context, "pause",
             "Asks nothing of an issuer until it is resumed",
             "pause letsencrypt", "ISSUER", issuer_path);
}

void add_resume(CLI::App& app, Context& context) {
  add_simple(app, context, "resume", "Ends the pause of an issuer",
             "resume letsencrypt", "ISSUER", issuer_path);
}

}  // namespace acmectl
