// SPDX-License-Identifier: BSD-2-Clause
// What the status endpoint answers: from a request and a snapshot to a
// response, without a server.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "acme_core/monitor/command.h"
#include "acme_core/status/model.h"

namespace acme {

struct StatusRequest {
  std::string_view method;  ///< "GET", "HEAD" or "POST"; others are refused
  /// Behind the location's prefix, decoded: "", "metrics", "1/certificates/…".
  std::string_view path;
  std::string_view query;   ///< without "?", as it was sent
  std::string_view base;    ///< the location's prefix with a slash at its end
  std::string_view accept;  ///< header field; may be empty
  std::string_view if_none_match;  ///< likewise
  bool has_write_header = false;   ///< "Acme-Write" with any value
  bool is_writable = false;        ///< write=on
  std::string_view asked_by;       ///< user and address of who sends a command
};

/// A response whose body comes in pieces, each a bounded piece of work: about
/// 200 certificates.
struct StatusAnswer {
  int status = 200;
  std::string content_type;
  /// Content-Security-Policy, ETag, Allow, Location, Retry-After, …
  std::vector<std::pair<std::string, std::string>> headers;
  /// Appends the next piece; false: there are no more (what it appended counts
  /// all the same). Refers to the snapshot, which outlives it.
  std::function<bool(std::string&)> next;
  /// What is to be done before the answer is sent: the endpoint hands it over
  /// and answers with accepted_answer().
  std::optional<Command> command;
};

/// Never fails: what is wrong with a request is a problem document (RFC 9457).
[[nodiscard]] StatusAnswer answer(
    const StatusRequest& request,
    const std::shared_ptr<const StatusSnapshot>& snapshot);

/// After the command of an answer was handed over: 200 when it has ended
/// meanwhile, otherwise 202 with a Location.
[[nodiscard]] StatusAnswer command_answer(const CommandStatus& status,
                                          std::string_view base);

/// A problem document (RFC 9457) for what the endpoint itself meets: a busy or
/// dead helper, no memory.
[[nodiscard]] StatusAnswer problem_answer(int status, std::string_view title,
                                          std::string_view detail);

}  // namespace acme
