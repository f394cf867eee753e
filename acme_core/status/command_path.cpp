// SPDX-License-Identifier: BSD-2-Clause
// Paths that tell the engine to do something.
#include "acme_core/status/command_path.h"

#include <algorithm>
#include <array>
#include <string>
#include <utility>
#include <variant>

#include "acme_core/protocol/revocation.h"
#include "acme_core/status/problem_document.h"
#include "acme_core/status/selection.h"
#include "acme_core/status/status_query.h"

namespace acme {
namespace {

// A command, or why there is none.
using Outcome = std::variant<Command, StatusAnswer>;

struct Reason {
  std::string_view word;
  RevocationReason reason;
};

// RFC 5280 section 5.3.1, as its names are spelled there.
constexpr std::array kReasons{
    Reason{"unspecified", RevocationReason::kUnspecified},
    Reason{"keyCompromise", RevocationReason::kKeyCompromise},
    Reason{"affiliationChanged", RevocationReason::kAffiliationChanged},
    Reason{"superseded", RevocationReason::kSuperseded},
    Reason{"cessationOfOperation", RevocationReason::kCessationOfOperation}};

bool has_issuer(const StatusSnapshot& snapshot, std::string_view name) {
  return std::any_of(
      snapshot.issuers.begin(), snapshot.issuers.end(),
      [&](const IssuerStatus& each) { return each.name == name; });
}

StatusAnswer unknown_parameter(std::string_view name) {
  return problem(400,
                 "this path has no parameter \"" + std::string(name) + "\"");
}

Outcome of_issuer(CommandVerb verb, std::string_view name,
                  const QueryParameters& parameters,
                  const StatusSnapshot& snapshot) {
  if (!has_issuer(snapshot, name)) {
    return not_found("there is no issuer \"" + std::string(name) + "\"");
  }
  if (const auto other = parameters.other_than({"confirm"}); !other.empty()) {
    return unknown_parameter(other);
  }
  if (verb == CommandVerb::kDeactivate && parameters.get("confirm") != name) {
    return problem(400,
                   "an account that is deactivated can never be used again; to "
                   "confirm, add confirm=" +
                       std::string(name));
  }
  Command command;
  command.verb = verb;
  command.issuer = name;
  return command;
}

Outcome revoke(Command command, const QueryParameters& parameters) {
  if (const auto other = parameters.other_than({"reason", "now"});
      !other.empty()) {
    return unknown_parameter(other);
  }
  const auto reason =
      std::find_if(kReasons.begin(), kReasons.end(), [&](const Reason& each) {
        return each.word == parameters.get("reason");
      });
  if (reason == kReasons.end()) {
    return problem(400,
                   "reason has to be unspecified, keyCompromise, "
                   "affiliationChanged, superseded or cessationOfOperation");
  }
  command.reason = static_cast<int>(reason->reason);
  command.now = parameters.is_set("now");
  return command;
}

Outcome of_certificate(CommandVerb verb, std::string_view id,
                       const QueryParameters& parameters,
                       const StatusSnapshot& snapshot) {
  const auto found = find_certificates(snapshot, id);
  if (auto fault = why_not_one(found, id)) {
    return std::move(*fault);
  }
  const CertificateStatus& certificate = *found.front();
  if (certificate.state == CertificateState::kStatic) {
    return problem(409,
                   "this certificate is a file of yours; nobody here "
                   "renews or revokes it");
  }
  if (certificate.state == CertificateState::kOrphan) {
    return problem(409,
                   "no configuration mentions this certificate; it is "
                   "neither renewed nor revoked");
  }
  Command command;
  command.verb = verb;
  command.certificate = certificate.id;
  command.serial = certificate.serial;
  if (verb == CommandVerb::kRevoke) {
    return revoke(std::move(command), parameters);
  }
  const bool may_force = verb == CommandVerb::kRenew;
  if (const auto other = parameters.other_than({may_force ? "force" : ""});
      !other.empty()) {
    return unknown_parameter(other);
  }
  command.force = parameters.is_set("force");
  return command;
}

Outcome of_all(const QueryParameters& parameters,
               const StatusSnapshot& snapshot) {
  if (const auto other = parameters.other_than({"issuer", "force"});
      !other.empty()) {
    return unknown_parameter(other);
  }
  const std::string issuer(parameters.get("issuer"));
  if (!issuer.empty() && !has_issuer(snapshot, issuer)) {
    return not_found("there is no issuer \"" + issuer + "\"");
  }
  Command command;
  command.verb = CommandVerb::kRenew;
  command.issuer = issuer;
  command.force = parameters.is_set("force");
  return command;
}

struct Target {
  CommandVerb verb = CommandVerb::kRenew;
  std::string_view certificate;  // both empty: all certificates
  std::string_view issuer;
};

std::optional<Target> target_of(std::span<const std::string_view> segments) {
  if (segments.size() == 3 && segments[1] == "certificates" &&
      segments[2] == "renew") {
    return Target{};
  }
  if (segments.size() != 4 || segments[2].empty()) {
    return std::nullopt;
  }
  const auto verb = command_verb(segments[3]);
  const bool is_certificates_verb = verb == CommandVerb::kRenew ||
                                    verb == CommandVerb::kRetry ||
                                    verb == CommandVerb::kRevoke;
  if (verb && segments[1] == "certificates" && is_certificates_verb) {
    return Target{.verb = *verb, .certificate = segments[2], .issuer = {}};
  }
  if (verb && segments[1] == "issuers" && !is_certificates_verb) {
    return Target{.verb = *verb, .certificate = {}, .issuer = segments[2]};
  }
  return std::nullopt;
}

// A browser sends neither the field nor, to another site, a request with it
// unless that site agrees: pages of others cannot give commands.
std::optional<StatusAnswer> refusal(const StatusRequest& request) {
  if (!request.is_writable) {
    return problem(403,
                   "this endpoint only shows; with \"acme_status "
                   "write=on\" it takes commands");
  }
  if (!request.has_write_header) {
    return problem(403, "a command needs the header field \"Acme-Write: 1\"");
  }
  return std::nullopt;
}

Outcome outcome_of(const Target& target, const QueryParameters& parameters,
                   const StatusSnapshot& snapshot) {
  if (!parameters.fault().empty()) {
    return problem(400, parameters.fault());
  }
  if (!target.certificate.empty()) {
    return of_certificate(target.verb, target.certificate, parameters,
                          snapshot);
  }
  return target.issuer.empty()
             ? of_all(parameters, snapshot)
             : of_issuer(target.verb, target.issuer, parameters, snapshot);
}

}  // namespace

std::optional<StatusAnswer> command_path(
    const StatusRequest& request, std::span<const std::string_view> segments,
    const StatusSnapshot& snapshot) {
  const auto target = target_of(segments);
  if (!target) {
    return std::nullopt;
  }
  if (request.method != "POST") {
    return wrong_method(request.method, "POST");
  }
  if (auto refused = refusal(request)) {
    return refused;
  }
  Outcome outcome =
      outcome_of(*target, QueryParameters::parse(request.query), snapshot);
  if (auto* refused = std::get_if<StatusAnswer>(&outcome)) {
    return std::move(*refused);
  }
  Command& command = std::get<Command>(outcome);
  command.asked_by = request.asked_by;
  command.asked_at = snapshot.taken_at;
  StatusAnswer answer = whole_answer(202, "application/json", {});
  answer.command = std::move(command);
  return answer;
}

}  // namespace acme
