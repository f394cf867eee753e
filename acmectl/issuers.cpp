// SPDX-License-Identifier: BSD-2-Clause
// "acmectl issuers" and "acmectl account": who issues, and as whom we ask.
#include <CLI/CLI.hpp>
#include <memory>

#include "acme_core/env/clock.h"
#include "acme_core/listed.h"
#include "acmectl/commands.h"
#include "acmectl/exit_codes.h"
#include "acmectl/facts.h"
#include "acmectl/refusal.h"
#include "acmectl/status_reader.h"
#include "acmectl/table.h"
#include "acmectl/words.h"

namespace acmectl {
namespace {

using acme::IssuerStatus;

Cell condition(const IssuerStatus& issuer, acme::TimePoint now) {
  const acme::IssuerNote& note = issuer.note;
  if (note.is_paused_by_operator) {
    return {"paused", Colour::kYellow};
  }
  if (!note.is_reachable) {
    return {"silent", Colour::kRed};
  }
  if (note.paused_until && *note.paused_until > now) {
    return {"waiting", Colour::kYellow};
  }
  return {"up", Colour::kGreen};
}

// The limit that is nearest to its end.
std::string tightest_limit(const IssuerStatus& issuer) {
  const acme::LimitNote* tightest = nullptr;
  const auto share = [](const acme::LimitNote& limit) {
    return limit.limit == 0 ? 1.0
                            : static_cast<double>(limit.used) /
                                  static_cast<double>(limit.limit);
  };
  for (const acme::LimitNote& each : issuer.note.limits) {
    if (tightest == nullptr || share(each) > share(*tightest)) {
      tightest = &each;
    }
  }
  return tightest == nullptr
             ? std::string()
             : std::to_string(tightest->used) + "/" +
                   std::to_string(tightest->limit) + " " + tightest->name;
}

void print_issuers(const Screen& screen, const acme::IssuersAnswer& answer) {
  Table table({{"ISSUER", 10},
               {"STATE"},
               {"CERTS"},
               {"ANSWERED", std::nullopt, 2},
               {"LIMIT", 12, 3},
               {"DIRECTORY", 16, 1}});
  for (const IssuerStatus& each : answer.issuers) {
    table.add({{each.name},
               condition(each, answer.taken_at),
               {std::to_string(each.certificates)},
               {when(each.note.last_answer_at, answer.taken_at)},
               {tightest_limit(each)},
               {each.directory_url, Colour::kDim}});
  }
  for (const std::string& line :
       table.lines(screen.width, screen.has_colours)) {
    screen.out << line << '\n';
  }
}

std::vector<std::string> limits(const IssuerStatus& issuer) {
  std::vector<std::string> texts;
  for (const acme::LimitNote& each : issuer.note.limits) {
    texts.push_back(std::to_string(each.used) + " of " +
                    std::to_string(each.limit) + " " + each.name + " in " +
                    short_duration(std::chrono::seconds(each.period_seconds)));
  }
  return texts;
}

void print_account(const Screen& screen, const IssuerStatus& issuer,
                   acme::TimePoint now) {
  const acme::IssuerNote& note = issuer.note;
  Facts facts;
  facts.section(issuer.name);
  facts.add("state", condition(issuer, now).text);
  facts.add("directory", issuer.directory_url);
  facts.add("account",
            note.account_url.empty() ? "none yet" : note.account_url);
  facts.add("contacts", note.contacts);
  facts.add("terms", note.terms_of_service);
  facts.add("state path", issuer.state_path);
  facts.add("last answer", date_and_when(note.last_answer_at, now));
  facts.add("last error", note.last_error);
  facts.add("paused until", date_and_when(note.paused_until, now));
  facts.add("paused for", note.paused_why);
  facts.add("limits", limits(issuer));
  facts.print(screen);
}

int list_issuers(const Context& context) {
  const auto door = open_door(context, /*is_to_steer=*/false, {});
  if (context.json) {
    context.screen.out << read_document(*door, "1/issuers") << '\n';
  } else {
    print_issuers(context.screen, read_issuers(*door));
  }
  return kOk;
}

int show_accounts(const Context& context, const std::string& name) {
  const auto door = open_door(context, /*is_to_steer=*/false, {});
  if (context.json) {
    context.screen.out << read_document(*door, name.empty() ? "1/issuers"
                                                            : issuer_path(name))
                       << '\n';
    return kOk;
  }
  bool is_found = false;
  for (const IssuerStatus& each : read_issuers(*door).issuers) {
    if (name.empty() || each.name == name) {
      context.screen.out << (is_found ? "\n" : "");
      print_account(context.screen, each, acme::SystemClock().now());
      is_found = true;
    }
  }
  if (!is_found && !name.empty()) {
    throw Refusal(kNotFound, "there is no issuer \"" + name + "\"");
  }
  return kOk;
}

}  // namespace

void add_issuers(CLI::App& app, Context& context) {
  CLI::App* command = app.add_subcommand(
      "issuers", "Shows all issuers: whether they answer, limits used");
  command->group(kSee);
  command->footer("Example: acmectl issuers");
  command->callback([&context] {
    context.action = [&context] { return list_issuers(context); };
  });
}

void add_account(CLI::App& app, Context& context) {
  const auto name = std::make_shared<std::string>();
  CLI::App* command = app.add_subcommand(
      "account", "Shows the account at an issuer, or at all of them");
  command->group(kSee);
  command->footer("Example: acmectl account letsencrypt");
  command->add_option("ISSUER", *name, "Its name; all without");
  command->callback([name, &context] {
    context.action = [name, &context] { return show_accounts(context, *name); };
  });
}

}  // namespace acmectl
