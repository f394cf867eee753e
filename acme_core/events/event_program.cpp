// SPDX-License-Identifier: BSD-2-Clause
// Events told to a program of the operator's.
#include "acme_core/events/event_program.h"

#include <string_view>
#include <utility>

#include "acme_core/env/child_process.h"
#include "acme_core/error.h"

namespace acme {
namespace {

using End = Delivery::End;

// The system takes no argument or variable of more than 128 KiB.
constexpr std::size_t kLongestList = std::size_t{32} << 10;

std::string joined(const std::vector<std::string>& names) {
  std::string text;
  for (const std::string& name : names) {
    const std::string shown = printable(name);
    if (text.size() + 1 + shown.size() > kLongestList) {
      break;
    }
    text += (text.empty() ? "" : " ") + shown;
  }
  return text;
}

End end_of(const ProgramResult& result) {
  if (result.succeeded()) {
    return End::kDone;
  }
  if (is_shortage(result)) {
    return End::kUnavailable;
  }
  return result.end == ProgramResult::End::kExited &&
                 result.code == EventProgram::kTryAgain
             ? End::kRefused
             : End::kFailed;
}

}  // namespace

std::vector<std::string> event_environment(const std::string& id,
                                           const Event& event) {
  std::vector<std::string> variables;
  const auto add = [&](std::string_view name, const std::string& value) {
    if (!value.empty()) {
      variables.push_back("ACME_" + std::string(name) + "=" + value);
    }
  };
  add("ID", id);
  add("EVENT", std::string(to_string(event.kind)));
  add("AT", rfc3339(event.at));
  add("CERTIFICATE", printable(event.certificate));
  add("NAMES", joined(event.identifiers));
  add("ISSUER", printable(event.issuer));
  add("KEY", printable(event.key));
  add("SERIAL", printable(event.serial));
  add("NOT_AFTER", event.not_after ? rfc3339(*event.not_after) : "");
  add("STATE_PATH", printable(event.state_path));
  if (!event.state_path.empty() && !event.storage_name.empty()) {
    const std::string pair =
        printable(event.state_path) + "/" + printable(event.storage_name);
    add("FULLCHAIN", pair + ".crt");
    add("PRIVKEY", pair + ".key");
  }
  add("TEXT", printable(event.text));
  return variables;
}

EventLog log_of(Logger& logger, const Event& event) {
  const EventLog log(logger, event.issuer);
  return event.certificate.empty() ? log
                                   : log.for_certificate(event.certificate);
}

EventProgram::EventProgram(EventProgramSpec spec, Logger& logger,
                           std::chrono::milliseconds time_limit,
                           std::chrono::milliseconds grace)
    : spec_(std::move(spec)),
      logger_(logger),
      time_limit_(time_limit),
      grace_(grace) {}

Delivery EventProgram::deliver(const std::string& id, const Event& event,
                               const std::string& body, std::stop_token stop) {
  ProgramResult result;
  try {
    result = run_program({.path = spec_.path,
                          .arguments = {std::string(to_string(event.kind)),
                                        printable(event.certificate)},
                          .time_limit = time_limit_,
                          .input = body + "\n",
                          .environment = event_environment(id, event),
                          .grace = grace_,
                          .ends_group = true},
                         std::move(stop));
  } catch (const Error& error) {
    if (error.kind() == ErrorKind::kStopped) {
      throw;
    }
    return {End::kUnavailable, error.what()};
  }
  const EventLog log = log_of(logger_, event);
  for (const std::string& line : result.output) {
    log.write(result.succeeded() ? LogLevel::kInfo : LogLevel::kWarn,
              "\"" + spec_.path + " " + std::string(to_string(event.kind)) +
                  "\": " + line);
  }
  if (result.succeeded()) {
    return {};
  }
  return {
      end_of(result),
      "it " + describe_end(result, time_limit_) +
          (result.output.empty() ? "" : "; it said: " + result.output.back())};
}

}  // namespace acme
