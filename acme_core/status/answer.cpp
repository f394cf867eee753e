// SPDX-License-Identifier: BSD-2-Clause
// What the status endpoint answers: which path is whose.
#include "acme_core/status/answer.h"

#include <algorithm>
#include <charconv>
#include <span>
#include <utility>

#include "acme_core/status/command_path.h"
#include "acme_core/status/entity_tag.h"
#include "acme_core/status/json_face.h"
#include "acme_core/status/metrics_face.h"
#include "acme_core/status/page_face.h"
#include "acme_core/status/problem_document.h"
#include "acme_core/status/selection.h"
#include "acme_core/status/status_query.h"

namespace acme {
namespace {

using Segments = std::span<const std::string_view>;

// Far longer than any name; a URL has room for more.
constexpr std::size_t kLongestPath = 2048;
constexpr std::string_view kJson = "application/json";

std::vector<std::string_view> segments_of(std::string_view path) {
  std::vector<std::string_view> segments;
  for (;;) {
    const std::size_t end = path.find('/');
    segments.push_back(path.substr(0, end));
    if (end == std::string_view::npos) {
      return segments;
    }
    path.remove_prefix(end + 1);
  }
}

std::optional<std::uint64_t> number(std::string_view text) noexcept {
  std::uint64_t value = 0;
  const auto [end, error] =
      std::from_chars(text.data(), text.data() + text.size(), value);
  return error == std::errc() && end == text.data() + text.size() &&
                 !text.empty()
             ? std::optional(value)
             : std::nullopt;
}

StatusAnswer with_body(std::string_view type, std::string body) {
  StatusAnswer answer = whole_answer(200, type, {});
  set_body(answer, std::move(body));
  return answer;
}

// Why the parameters are not to be understood; nullopt: they are.
std::optional<StatusAnswer> fault_of(
    const QueryParameters& parameters,
    std::initializer_list<std::string_view> known) {
  if (!parameters.fault().empty()) {
    return problem(400, parameters.fault());
  }
  if (const auto other = parameters.other_than(known); !other.empty()) {
    return problem(400,
                   "this path has no parameter \"" + std::string(other) + "\"");
  }
  return std::nullopt;
}

StatusAnswer certificates(const StatusRequest& request,
                          const SnapshotPointer& snapshot) {
  const auto parameters = QueryParameters::parse(request.query);
  if (auto fault =
          fault_of(parameters, {"name", "state", "issuer", "expires_within",
                                "sort", "after", "limit"})) {
    return std::move(*fault);
  }
  const CertificateQuery query = certificate_query(parameters);
  return query.fault.empty() ? certificates_answer(snapshot, query)
                             : problem(400, query.fault);
}

StatusAnswer one_certificate(std::string_view id, bool wants_pem,
                             const StatusSnapshot& snapshot) {
  const auto found = find_certificates(snapshot, id);
  if (auto fault = why_not_one(found, id)) {
    return std::move(*fault);
  }
  const CertificateStatus& certificate = *found.front();
  if (!wants_pem) {
    return with_body(kJson, json_text(certificate));
  }
  return certificate.pem.empty()
             ? not_found("there is no chain: nothing is served for \"" +
                         std::string(id) + "\"")
             : with_body("application/pem-certificate-chain", certificate.pem);
}

StatusAnswer one_issuer(std::string_view name, const StatusSnapshot& snapshot) {
  const auto found =
      std::find_if(snapshot.issuers.begin(), snapshot.issuers.end(),
                   [&](const IssuerStatus& each) { return each.name == name; });
  return found == snapshot.issuers.end()
             ? not_found("there is no issuer \"" + std::string(name) + "\"")
             : with_body(kJson, json_text(*found));
}

// A snapshot is of all locations; what this one takes is its own.
StatusAnswer process(const StatusRequest& request,
                     const StatusSnapshot& snapshot) {
  ProcessStatus process = snapshot.process;
  process.is_writable = request.is_writable;
  return with_body(kJson, json_text(process));
}

StatusAnswer events(const StatusRequest& request,
                    const SnapshotPointer& snapshot) {
  const auto parameters = QueryParameters::parse(request.query);
  if (auto fault = fault_of(parameters, {"since"})) {
    return std::move(*fault);
  }
  const std::string_view since = parameters.get("since");
  const auto wanted =
      since.empty() ? std::optional<std::uint64_t>(0) : number(since);
  return wanted ? events_answer(snapshot, *wanted)
                : problem(400, "since has to be the number of an event");
}

StatusAnswer one_command(std::string_view id, const StatusSnapshot& snapshot) {
  const auto wanted = number(id);
  const auto found = std::find_if(
      snapshot.commands.begin(), snapshot.commands.end(),
      [&](const CommandStatus& each) { return wanted && each.id == *wanted; });
  return found == snapshot.commands.end()
             ? not_found("there is no command \"" + std::string(id) +
                         "\" any more")
             : with_body(kJson, json_text(*found));
}

// nullopt: there is no such path.
std::optional<StatusAnswer> show(const StatusRequest& request,
                                 Segments segments,
                                 const SnapshotPointer& snapshot) {
  if (request.path.empty()) {
    return page_answer(request, snapshot);
  }
  if (segments.size() == 1 && segments[0] == "metrics") {
    return metrics_answer(snapshot, QueryParameters::parse(request.query),
                          request.accept);
  }
  if (segments.size() < 2 || segments[0] != "1") {
    return std::nullopt;
  }
  const std::string_view subject = segments[1];
  if (segments.size() == 2) {
    return subject == "certificates"
               ? std::optional(certificates(request, snapshot))
           : subject == "issuers" ? std::optional(issuers_answer(*snapshot))
           : subject == "process" ? std::optional(process(request, *snapshot))
           : subject == "events"  ? std::optional(events(request, snapshot))
                                  : std::nullopt;
  }
  if (segments[2].empty()) {
    return std::nullopt;
  }
  if (segments.size() == 3) {
    return subject == "certificates"
               ? std::optional(one_certificate(segments[2], false, *snapshot))
           : subject == "issuers"
               ? std::optional(one_issuer(segments[2], *snapshot))
           : subject == "commands"
               ? std::optional(one_command(segments[2], *snapshot))
               : std::nullopt;
  }
  if (segments.size() == 4 && subject == "certificates" &&
      segments[3] == "pem") {
    return one_certificate(segments[2], true, *snapshot);
  }
  return std::nullopt;
}

StatusAnswer route(const StatusRequest& request,
                   const SnapshotPointer& snapshot) {
  if (request.path.size() > kLongestPath) {
    return problem(414, "the path is longer than " +
                            std::to_string(kLongestPath) + " bytes");
  }
  const auto segments = segments_of(request.path);
  if (segments[0] == "1") {
    if (auto command = command_path(request, segments, *snapshot)) {
      return std::move(*command);
    }
  }
  const bool is_read = request.method == "GET" || request.method == "HEAD";
  auto shown = show(request, segments, snapshot);
  if (!shown) {
    return not_found("there is no such path");
  }
  return is_read ? std::move(*shown)
                 : wrong_method(request.method, "GET, HEAD");
}

}  // namespace

StatusAnswer answer(const StatusRequest& request,
                    const std::shared_ptr<const StatusSnapshot>& snapshot) {
  StatusAnswer answer = route(request, snapshot);
  answer_conditionally(answer, request.if_none_match);
  return answer;
}

StatusAnswer command_answer(const CommandStatus& status,
                            std::string_view base) {
  const bool has_ended = status.state == "done" || status.state == "failed";
  StatusAnswer answer =
      whole_answer(has_ended ? 200 : 202, kJson, json_text(status));
  if (!has_ended) {
    answer.headers.emplace_back("Location", std::string(base) + "1/commands/" +
                                                std::to_string(status.id));
  }
  return answer;
}

}  // namespace acme
