// SPDX-License-Identifier: BSD-2-Clause
// Prints what the status endpoint answers, with an invented snapshot: status,
// header fields, an empty line, and the body, as HTTP has it.
//
//   status_preview [OPTION ...] METHOD TARGET     e.g. GET
//   "/acme/metrics?all=1"
//
//   --certificates=N  --calm  --writable  --write-header
//   --accept=TYPES    --if-none-match=TAGS
#include <cstdio>
#include <cstdlib>
#include <iostream>
#include <string>
#include <string_view>

#include "acme_core/status/answer.h"
#include "tests/support/status_snapshot.h"

namespace acme {
namespace {

constexpr std::string_view kBase = "/acme/";

struct Options {
  std::size_t certificates = 12;
  bool is_calm = false;
  StatusRequest request;
};

// False: it is none of the options.
bool read_option(Options& options, std::string_view argument) {
  const auto value_of = [&](std::string_view name, std::string_view& value) {
    if (!argument.starts_with(name)) {
      return false;
    }
    value = argument.substr(name.size());
    return true;
  };
  std::string_view value;
  if (value_of("--certificates=", value)) {
    options.certificates = std::strtoul(value.data(), nullptr, 10);
  } else if (argument == "--calm") {
    options.is_calm = true;
  } else if (argument == "--writable") {
    options.request.is_writable = true;
  } else if (argument == "--write-header") {
    options.request.has_write_header = true;
  } else if (!value_of("--accept=", options.request.accept) &&
             !value_of("--if-none-match=", options.request.if_none_match)) {
    return false;
  }
  return true;
}

CommandStatus waiting(const Command& command) {
  CommandStatus status;
  status.id = 5;
  status.verb = to_string(command.verb);
  status.certificate = command.certificate;
  status.issuer = command.issuer;
  status.state = "waiting";
  status.text = "handed over";
  status.asked_by = command.asked_by;
  status.asked_at = command.asked_at;
  return status;
}

void print(StatusAnswer answer, std::string_view method) {
  if (answer.command) {
    answer = command_answer(waiting(*answer.command), kBase);
  }
  std::cout << answer.status << '\n';
  if (!answer.content_type.empty()) {
    std::cout << "Content-Type: " << answer.content_type << '\n';
  }
  for (const auto& [name, value] : answer.headers) {
    std::cout << name << ": " << value << '\n';
  }
  std::cout << '\n';
  if (method == "HEAD") {
    return;
  }
  bool has_more = true;
  while (has_more) {
    std::string slice;
    has_more = answer.next(slice);
    std::cout << slice;
  }
}

int run(int count, char** arguments) {
  Options options;
  int next = 1;
  while (next < count && read_option(options, arguments[next])) {
    ++next;
  }
  const std::string_view target = next + 2 == count ? arguments[next + 1] : "";
  if (!target.starts_with(kBase)) {
    std::cerr << "usage: status_preview [OPTION ...] METHOD /acme/...\n";
    return 2;
  }
  const std::size_t query = target.find('?');
  StatusRequest& request = options.request;
  request.method = arguments[next];
  request.path = target.substr(0, query).substr(kBase.size());
  request.query = query == std::string_view::npos ? std::string_view()
                                                  : target.substr(query + 1);
  request.base = kBase;
  request.asked_by = "preview";
  const auto snapshot = make_snapshot(options.certificates, options.is_calm);
  snapshot->process.is_writable = request.is_writable;
  print(answer(request, snapshot), request.method);
  return 0;
}

}  // namespace
}  // namespace acme

int main(int argc, char** argv) { return acme::run(argc, argv); }
