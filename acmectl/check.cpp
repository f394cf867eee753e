// SPDX-License-Identifier: BSD-2-Clause
// "acmectl check": one line and an exit status for a monitoring system.
#include "acmectl/check.h"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <charconv>
#include <exception>
#include <memory>
#include <system_error>
#include <utility>

#include "acme_core/ascii.h"
#include "acme_core/env/log.h"
#include "acme_core/listed.h"
#include "acme_core/status/status_query.h"
#include "acmectl/commands.h"
#include "acmectl/filter_options.h"
#include "acmectl/status_reader.h"
#include "acmectl/words.h"

namespace acmectl {
namespace {

using acme::CertificateState;
using acme::CertificateStatus;

// What is said of those that need somebody; a line has to stay readable.
constexpr std::size_t kMostNamed = 5;

struct CheckOptions {
  CertificateFilter filter;
  CheckLimits limits;
};

struct Alarm {
  CheckCode code = kCheckOk;
  std::string words;
};

bool is_below(const Threshold& threshold, const CertificateStatus& status,
              acme::TimePoint now) {
  if (!status.not_before || !status.not_after) {
    return false;
  }
  const auto left = *status.not_after - now;
  if (threshold.time) {
    return left < *threshold.time;
  }
  const auto lifetime = *status.not_after - *status.not_before;
  return static_cast<double>(left.count()) <
         threshold.part * static_cast<double>(lifetime.count());
}

Alarm look_at(const CertificateStatus& status, const CheckLimits& limits,
              acme::TimePoint now) {
  const auto say = [&](CheckCode code, std::string words) {
    return Alarm{code, status.name + " " + std::move(words)};
  };
  const std::string ends = "expires " + when(status.not_after, now);
  if (status.state == CertificateState::kExpired ||
      (status.not_after && *status.not_after <= now)) {
    return say(kCheckCritical, "has expired");
  }
  if (status.state == CertificateState::kFallback) {
    return say(kCheckCritical, "has no certificate");
  }
  if (is_below(limits.critical, status, now)) {
    return say(kCheckCritical, ends);
  }
  if (status.state == CertificateState::kFailing) {
    return say(kCheckWarning, "cannot be renewed, " + ends);
  }
  if (is_below(limits.warning, status, now)) {
    return say(kCheckWarning, ends);
  }
  return {};
}

// What "|" and a line's end mean to the reader is not for foreign texts.
std::string harmless(std::string text) {
  std::replace(text.begin(), text.end(), '|', '/');
  return acme::printable(text, 4096);
}

std::string verdict_word(CheckCode code) {
  switch (code) {
    case kCheckOk:
      return "OK";
    case kCheckWarning:
      return "WARNING";
    case kCheckCritical:
      return "CRITICAL";
    case kCheckUnknown:
      break;
  }
  return "UNKNOWN";
}

std::string performance(const std::vector<CertificateStatus>& certificates,
                        std::size_t warnings, std::size_t criticals,
                        acme::TimePoint now) {
  std::string data = "certificates=" + std::to_string(certificates.size()) +
                     ";;;0 warning=" + std::to_string(warnings) +
                     ";;;0 critical=" + std::to_string(criticals) + ";;;0";
  std::optional<acme::TimePoint> first_end;
  for (const CertificateStatus& each : certificates) {
    if (each.not_after) {
      first_end =
          std::min(first_end.value_or(*each.not_after), *each.not_after);
    }
  }
  if (first_end) {
    const auto left =
        std::chrono::duration_cast<std::chrono::seconds>(*first_end - now);
    data += " least_left=" + std::to_string(left.count()) + "s";
  }
  return data;
}

std::vector<Alarm> look_at_process(const acme::ProcessStatus& process) {
  std::vector<Alarm> alarms;
  if (!process.is_helper_alive) {
    alarms.push_back({kCheckCritical,
                      "the helper process does not run, nothing is renewed"});
  }
  return alarms;
}

int check(const Context& context, const CheckOptions& options) {
  Verdict verdict;
  try {
    const auto door = open_door(context, /*is_to_steer=*/false, {});
    const CertificateList list = read_certificates(*door, options.filter);
    const auto process =
        door->is_live() ? std::optional(read_process(*door)) : std::nullopt;
    verdict =
        list.certificates.empty() && !options.filter.name.empty()
            ? unknown("there is no certificate with the name " +
                      options.filter.name)
            : judge(list.certificates, process, options.limits, list.taken_at);
    if (!door->is_live()) {
      verdict =
          std::max(verdict.code, kCheckWarning) == verdict.code
              ? verdict
              : unknown("nginx does not answer; by its state directory: " +
                        verdict.line);
    }
  } catch (const std::exception& error) {
    verdict = unknown(error.what());
  }
  context.screen.out << verdict.line << '\n';
  return verdict.code;
}

}  // namespace

std::optional<Threshold> read_threshold(std::string_view text) {
  double part = 0;
  const auto parsed =
      std::from_chars(text.data(), text.data() + text.size(), part);
  if (parsed.ec == std::errc() && parsed.ptr == text.data() + text.size() &&
      text.find('.') != std::string_view::npos) {
    return part >= 0 && part <= 1 ? std::optional(Threshold{part})
                                  : std::nullopt;
  }
  const bool is_plain = std::all_of(text.begin(), text.end(), acme::is_digit);
  const auto time =
      acme::parse_period(std::string(text) + (is_plain ? "d" : ""));
  return time ? std::optional(Threshold{0, *time}) : std::nullopt;
}

Verdict judge(const std::vector<CertificateStatus>& certificates,
              const std::optional<acme::ProcessStatus>& process,
              const CheckLimits& limits, acme::TimePoint now) {
  std::vector<CertificateStatus> used;
  std::copy_if(certificates.begin(), certificates.end(),
               std::back_inserter(used), [](const CertificateStatus& each) {
                 return each.state != CertificateState::kOrphan;
               });
  std::vector<Alarm> alarms;
  if (process) {
    alarms = look_at_process(*process);
  }
  const std::size_t general = alarms.size();
  for (const CertificateStatus& each : used) {
    Alarm alarm = look_at(each, limits, now);
    if (alarm.code != kCheckOk) {
      alarms.push_back(std::move(alarm));
    }
  }
  const auto count = [&](CheckCode code) {
    return static_cast<std::size_t>(std::count_if(
        alarms.begin() + static_cast<std::ptrdiff_t>(general), alarms.end(),
        [code](const Alarm& alarm) { return alarm.code == code; }));
  };
  const std::string numbers =
      performance(used, count(kCheckWarning), count(kCheckCritical), now);
  std::stable_sort(
      alarms.begin(), alarms.end(),
      [](const Alarm& a, const Alarm& b) { return a.code > b.code; });
  Verdict verdict;
  verdict.code = alarms.empty() ? kCheckOk : alarms.front().code;
  const std::string words =
      alarms.empty()
          ? counted(used.size(), "certificate")
          : acme::listed(
                alarms, [](const Alarm& alarm) { return alarm.words; },
                kMostNamed);
  verdict.line = "ACME " + verdict_word(verdict.code) + " - " +
                 harmless(words) + " | " + numbers;
  return verdict;
}

Verdict unknown(std::string_view why) {
  return {kCheckUnknown, "ACME " + verdict_word(kCheckUnknown) + " - " +
                             harmless(std::string(why))};
}

void add_check(CLI::App& app, Context& context) {
  const auto options = std::make_shared<CheckOptions>();
  CLI::App* command = app.add_subcommand(
      "check", "Says in one line whether all is well, for monitoring systems");
  command->group(kSee);
  command->footer(
      "Example: acmectl check --warn 0.25 --critical 7d\n"
      "Exit status: 0 fine, 1 warning, 2 critical, 3 not known");
  add_filter_options(*command, options->filter);
  const auto add_threshold = [&](const char* name, Threshold& threshold,
                                 const char* help) {
    command
        ->add_option_function<std::string>(
            name,
            [&threshold](const std::string& text) {
              threshold = *read_threshold(text);
            },
            help)
        ->type_name("LEFT")
        ->check([](const std::string& text) {
          return read_threshold(text)
                     ? std::string()
                     : "\"" + text +
                           "\" is neither a part such as 0.33 nor days";
        });
  };
  add_threshold("--warn", options->limits.warning,
                "Warns below this part of the lifetime, or time (14d); 0.25 "
                "by default");
  add_threshold("--critical", options->limits.critical,
                "The same for what is critical; 0.1 by default");
  command->callback([options, &context] {
    context.action = [options, &context] { return check(context, *options); };
  });
}

}  // namespace acmectl
