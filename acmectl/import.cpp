// SPDX-License-Identifier: BSD-2-Clause
// acmectl import: takes over what another ACME client has.
#include <CLI/CLI.hpp>
#include <algorithm>
#include <memory>
#include <string>
#include <vector>

#include "acme_core/engine/builtin_issuers.h"
#include "acme_core/env/clock.h"
#include "acme_core/env/log.h"
#include "acmectl/acting_as.h"
#include "acmectl/commands.h"
#include "acmectl/import/clients.h"
#include "acmectl/import/import_json.h"
#include "acmectl/import/import_run.h"
#include "acmectl/issuer_places.h"
#include "acmectl/refusal.h"
#include "acmectl/signals.h"
#include "acmectl/state_access.h"
#include "acmectl/step_line.h"

namespace acmectl {
namespace {

struct ImportOptions {
  std::string client;
  std::string folder;
  std::string state;
  std::string issuer{acme::kDefaultIssuer};
  std::string directory_url;
  std::vector<std::string> state_keys;
  bool dry_run = false;
};

// Where the issuer keeps its state, and which CA it asks: by the command line,
// or else by nginx's configuration.
IssuerPlace place_of(const Context& context, const ImportOptions& options) {
  IssuerPlace place{.issuer = options.issuer,
                    .state_path = options.state,
                    .directory_url = options.directory_url};
  if (place.state_path.empty()) {
    const std::vector<IssuerPlace> places = issuer_places(context);
    const auto found = std::find_if(
        places.begin(), places.end(),
        [&](const auto& known) { return known.issuer == options.issuer; });
    const bool is_named = !context.endpoint.state_paths.empty();
    if (found == places.end() && (!is_named || places.size() > 1)) {
      throw Refusal(kNotFound, "there is no state directory of issuer \"" +
                                   options.issuer +
                                   "\"; name it by --state DIR");
    }
    const IssuerPlace& known = is_named ? places.front() : *found;
    place.state_path = known.state_path;
    if (place.directory_url.empty()) {
      place.directory_url = known.directory_url;
    }
  }
  const acme::BuiltinIssuer* builtin = acme::find_builtin(options.issuer);
  if (place.directory_url.empty() && builtin != nullptr) {
    place.directory_url = builtin->directory_url;
  }
  return place;
}

ImportTarget target_of(const IssuerPlace& place, acme::Store& store) {
  ImportTarget target{.issuer = place.issuer,
                      .directory_url = place.directory_url};
  if (target.directory_url.empty()) {
    target.directory_url = store.load_account_record().directory_url;
  }
  return target;
}

const ForeignClient& client_named(const std::string& name) {
  const auto clients = foreign_clients();
  return *std::find_if(
      clients.begin(), clients.end(),
      [&](const ForeignClient& client) { return client.name == name; });
}

std::string line_text(const ImportLine& line) {
  constexpr std::size_t kKindWidth = 8;
  std::string kind(to_string(line.kind));
  kind.resize(kKindWidth, ' ');
  return kind + acme::printable(line.what) + ": " +
         acme::printable(line.text, 4096);
}

void tell_end(const Context& context, const ImportOptions& options,
              const ImportReport& report) {
  std::ostream& err = context.screen.err;
  err << "acmectl: " << report.taken
      << (options.dry_run ? " would be taken, " : " taken, ") << report.there
      << " there already, " << report.left << " left, " << report.failed
      << " failed\n";
  if (report.was_stopped) {
    err << "acmectl: stopped; the same command goes on where it ended\n";
  } else if (report.taken > 0 && !options.dry_run) {
    err << "acmectl: start or reload nginx to have them served\n";
  }
}

int import_all(const Context& context, const ImportOptions& options) {
  if (!options.directory_url.starts_with("https://") &&
      !options.directory_url.empty()) {
    throw Refusal(kUsage, "--directory must be an https URL");
  }
  const ForeignFolder folder(options.folder);
  const ForeignFinds finds = client_named(options.client).find(folder);
  if (finds.pairs.empty() && finds.accounts.empty()) {
    throw Refusal(kNotFound, "nothing of " + options.client + " in \"" +
                                 options.folder + "\"");
  }
  const IssuerPlace place = place_of(context, options);
  const auto keys = read_state_keys(options.state_keys);
  const auto store = open_state(place.state_path, keys);
  const Signals signals;
  StepLine progress(context.screen);
  std::vector<ImportLine> lines;
  const ImportWatcher watcher{
      .tell =
          [&](const ImportLine& line) {
            if (context.json) {
              lines.push_back(line);
              return;
            }
            progress.end();
            context.screen.out << line_text(line) << '\n';
          },
      .progress =
          [&](std::size_t done, std::size_t all) {
            if (context.screen.err_is_terminal) {
              progress.show("importing " + std::to_string(done * 100 / all) +
                            " %");
            }
          }};
  const ImportJob job{.folder = folder,
                      .finds = finds,
                      .target = target_of(place, *store),
                      .store = *store,
                      .owner = owner_of_directory(place.state_path),
                      .dry_run = options.dry_run,
                      .now = acme::SystemClock().now()};
  const ImportReport report = run_import(job, watcher, signals.stop());
  progress.end();
  if (context.json) {
    context.screen.out << import_json(report, lines, options.dry_run);
  }
  context.screen.out.flush();
  tell_end(context, options, report);
  return report.was_stopped ? kInterrupted : report.failed > 0 ? kFailed : kOk;
}

}  // namespace

void add_import(CLI::App& app, Context& context) {
  const auto options = std::make_shared<ImportOptions>();
  std::vector<std::string> names;
  std::string folders;
  for (const ForeignClient& client : foreign_clients()) {
    names.emplace_back(client.name);
    folders += "\n  " + std::string(client.name) + ": " +
               std::string(client.usual_folder);
  }
  CLI::App* command = app.add_subcommand(
      "import", "Take over certificates and account of another client");
  command->group(kFiles);
  command->add_option("client", options->client, "Whose folder it is")
      ->required()
      ->check(CLI::IsMember(names));
  command->add_option("dir", options->folder, "Its folder")
      ->required()
      ->type_name("DIR");
  command
      ->add_option("--state", options->state,
                   "State directory of the issuer; else what \"nginx -T\" "
                   "says")
      ->type_name("DIR");
  command
      ->add_option("--issuer", options->issuer,
                   "Name of the issuer that the directory belongs to")
      ->capture_default_str();
  command
      ->add_option("--directory", options->directory_url,
                   "Directory URL of its CA; else what the issuer has")
      ->type_name("URL");
  command
      ->add_option("--state-key", options->state_keys,
                   "File of acme_state_key; may be repeated")
      ->type_name("FILE")
      ->expected(1)
      ->multi_option_policy(CLI::MultiOptionPolicy::TakeAll);
  command->add_flag("--dry-run", options->dry_run, "Only say what would be");
  command->footer("Usual folders:" + folders +
                  "\n\nExample: acmectl import certbot /etc/letsencrypt "
                  "--state /var/lib/nginx/acme_letsencrypt");
  command->callback([&context, options] {
    context.action = [&context, options] {
      return import_all(context, *options);
    };
  });
}

}  // namespace acmectl
