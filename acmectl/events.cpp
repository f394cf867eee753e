// SPDX-License-Identifier: BSD-2-Clause
// "acmectl events": what happened to certificates and issuers.
#include <CLI/CLI.hpp>
#include <charconv>
#include <memory>
#include <optional>

#include "acme_core/ascii.h"
#include "acme_core/env/clock.h"
#include "acme_core/status/status_query.h"
#include "acmectl/commands.h"
#include "acmectl/exit_codes.h"
#include "acmectl/patience.h"
#include "acmectl/refusal.h"
#include "acmectl/signals.h"
#include "acmectl/status_reader.h"
#include "acmectl/table.h"
#include "acmectl/words.h"

namespace acmectl {
namespace {

constexpr std::chrono::seconds kPause{2};

struct EventOptions {
  std::string since;
  bool follow = false;
};

// What is not shown any more.
struct Since {
  std::uint64_t number = 0;
  std::optional<acme::TimePoint> time;
};

bool is_number(const std::string& text) {
  return !text.empty() && text.size() < 19 &&
         std::all_of(text.begin(), text.end(), acme::is_digit);
}

std::string why_no_since(const std::string& text) {
  return is_number(text) || acme::parse_period(text)
             ? std::string()
             : "\"" + text +
                   "\" is neither an event's number nor a time such "
                   "as 12h or 7d";
}

Since read_since(const std::string& text) {
  if (text.empty()) {
    return {};
  }
  if (is_number(text)) {
    return {std::stoull(text), std::nullopt};
  }
  return {0, acme::SystemClock().now() - *acme::parse_period(text)};
}

Colour colour_of(acme::EventKind kind) {
  switch (kind) {
    case acme::EventKind::kIssued:
    case acme::EventKind::kRenewed:
    case acme::EventKind::kRecovered:
      return Colour::kGreen;
    case acme::EventKind::kAriMoved:
      return Colour::kBlue;
    case acme::EventKind::kFailed:
    case acme::EventKind::kExpiring:
    case acme::EventKind::kRevoked:
      return Colour::kYellow;
    case acme::EventKind::kFallbackServed:
    case acme::EventKind::kIssuerDown:
      return Colour::kRed;
  }
  return Colour::kNone;
}

std::string words_for(const acme::NumberedEvent& numbered,
                      const Screen& screen) {
  const acme::Event& event = numbered.event;
  const std::string kind(to_string(event.kind));
  std::string line =
      acme::rfc3339(event.at) + "  " +
      (screen.has_colours ? coloured(kind, colour_of(event.kind)) : kind);
  for (const std::string& part : {event.certificate, event.issuer}) {
    line.append(part.empty() ? "" : "  ").append(part);
  }
  return event.text.empty() ? line : line + ": " + event.text;
}

void print(const Context& context, const acme::EventsAnswer& answer,
           const std::optional<acme::TimePoint>& since) {
  for (const acme::NumberedEvent& each : answer.events) {
    if (since && each.event.at < *since) {
      continue;
    }
    context.screen.out << (context.json ? each.document
                                        : words_for(each, context.screen))
                       << '\n';
  }
  context.screen.out << std::flush;
}

// A reload or restart of nginx does not end it; numbers that begin again do not
// hide what is new.
int follow(const Context& context, StatusDoor& door, Since since) {
  Signals signals;
  bool was_silent = false;
  do {
    const std::string why = why_no_answer([&] {
      acme::EventsAnswer answer =
          read_events(door, since.number, signals.stop());
      if (answer.last < since.number) {
        answer = read_events(door, 0, signals.stop());
      }
      print(context, answer, since.time);
      since.number = answer.last;
    });
    if (!why.empty() && !was_silent) {
      context.screen.err << "acmectl: " << why << "; waiting for it\n";
    }
    was_silent = !why.empty();
  } while (signals.wait_for(kPause));
  return kInterrupted;
}

int show_events(const Context& context, const EventOptions& options) {
  const Since since = read_since(options.since);
  const auto door = open_door(context, /*is_to_steer=*/false, {});
  if (!door->is_live()) {
    throw Refusal(kUnreachable, "only a running nginx knows of events");
  }
  if (options.follow) {
    return follow(context, *door, since);
  }
  print(context, read_events(*door, since.number), since.time);
  return kOk;
}

}  // namespace

void add_events(CLI::App& app, Context& context) {
  const auto options = std::make_shared<EventOptions>();
  CLI::App* command = app.add_subcommand(
      "events", "Shows what happened, the oldest first; the last 1,000");
  command->group(kSee);
  command->footer("Example: acmectl events --since 24h --follow");
  command
      ->add_option("--since", options->since,
                   "Only of the last TIME, such as 12h or 7d, or after the "
                   "event of that number")
      ->type_name("TIME|NUMBER")
      ->check(why_no_since);
  command->add_flag("-f,--follow", options->follow,
                    "Goes on with those to come, until Ctrl-C");
  command->callback([options, &context] {
    context.action = [options, &context] {
      return show_events(context, *options);
    };
  });
}

}  // namespace acmectl
