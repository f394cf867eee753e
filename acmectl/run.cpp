// SPDX-License-Identifier: BSD-2-Clause
// From the command line to an exit code.
#include "acmectl/run.h"

#include <CLI/CLI.hpp>
#include <clocale>
#include <exception>

#include "acme_core/env/log.h"
#include "acme_core/error.h"
#include "acmectl/commands.h"
#include "acmectl/context.h"
#include "acmectl/exit_codes.h"
#include "acmectl/refusal.h"

namespace acmectl {
namespace {

void add_common_options(CLI::App& app, Context& context) {
  EndpointOptions& endpoint = context.endpoint;
  app.add_option("-s,--server", endpoint.server,
                 "Status endpoint: an URL, or unix:PATH[:/prefix]; else "
                 "$ACMECTL_ENDPOINT, else what \"nginx -T\" has")
      ->type_name("URL");
  app.add_option("--auth-file", endpoint.auth_file,
                 "File with \"user:password\" for the endpoint")
      ->type_name("FILE");
  app.add_option("--ca-file", endpoint.ca_file,
                 "Root certificates (PEM) of an https endpoint")
      ->type_name("FILE");
  app.add_option("--state-path", endpoint.state_paths,
                 "State directory to read when nginx does not answer; may be "
                 "repeated")
      ->type_name("DIR")
      ->expected(1)
      ->multi_option_policy(CLI::MultiOptionPolicy::TakeAll);
  app.add_option("--nginx", endpoint.nginx, "The nginx program to ask")
      ->type_name("PROGRAM");
  app.add_option("--nginx-conf", endpoint.nginx_conf,
                 "Its configuration file, as nginx -c")
      ->type_name("FILE");
  app.add_option("--timeout", endpoint.timeout_seconds,
                 "Longest wait for an answer, 15 by default")
      ->type_name("SECONDS")
      ->check(CLI::Range(1U, 3600U));
  app.add_flag("--json", context.json, "Print JSON");
}

void add_commands(CLI::App& app, Context& context) {
  // As "acmectl --help" lists them.
  add_list(app, context);
  add_show(app, context);
  add_watch(app, context);
  add_issuers(app, context);
  add_account(app, context);
  add_events(app, context);
  add_check(app, context);
  add_renew(app, context);
  add_retry(app, context);
  add_revoke(app, context);
  add_rollover(app, context);
  add_deactivate(app, context);
  add_pause(app, context);
  add_resume(app, context);
  add_doctor(app, context);
  add_export(app, context);
  add_import(app, context);
  add_dns_persist(app, context);
  add_completion(app, context);
  for (CLI::App* command : app.get_subcommands({})) {
    command->footer(command->get_footer() + "\n");
  }
}

// A mistake on the command line is a failure to check, for a monitoring system.
int usage_code(const CLI::App& app) {
  for (const CLI::App* command : app.get_subcommands()) {
    if (command->get_name() == "check") {
      return kCheckUnknown;
    }
  }
  return kUsage;
}

int tell(const Context& context, const std::string& words, int code) {
  context.screen.err << "acmectl: " << acme::printable(words, 4096) << '\n';
  return code;
}

int run_action(const Context& context) {
  try {
    return context.action();
  } catch (const Refusal& refusal) {
    return tell(context, refusal.what(), refusal.code());
  } catch (const acme::Error& error) {
    if (error.kind() == acme::ErrorKind::kStopped) {
      return kInterrupted;
    }
    return tell(
        context, error.what(),
        error.kind() == acme::ErrorKind::kUnavailable ? kUnreachable : kFailed);
  } catch (const std::exception& error) {
    return tell(context, error.what(), kFailed);
  }
}

}  // namespace

int run(int argc, char** argv) {
  // Columns of characters are counted as UTF-8 has them; nothing else of the
  // locale is used.
  std::setlocale(LC_CTYPE, "C.UTF-8");
  Context context = make_context();
  CLI::App app{"Sees and steers the certificates of a running nginx.",
               "acmectl"};
  app.fallthrough();
  app.require_subcommand(1);
  app.set_version_flag("--version", ACMECTL_VERSION);
  app.get_formatter()->column_width(26);
  add_common_options(app, context);
  add_commands(app, context);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error, context.screen.out, context.screen.err) == 0
               ? kOk
               : usage_code(app);
  }
  const int code = run_action(context);
  context.screen.out.flush();
  return code == kOk && !context.screen.out
             ? tell(context, "cannot write the output", kFailed)
             : code;
}

}  // namespace acmectl
