// SPDX-License-Identifier: BSD-2-Clause
// Problem documents and what they mean for us.
#include "acme_core/protocol/problem.h"

#include <algorithm>
#include <array>

#include "acme_core/env/log.h"
#include "acme_core/protocol/json_fields.h"
#include "acme_core/protocol/problem_json.h"

namespace acme {
namespace {

constexpr std::string_view kPrefix = "urn:ietf:params:acme:error:";

std::string short_type(std::string type) {
  return type.starts_with(kPrefix) ? type.substr(kPrefix.size())
                                   : std::move(type);
}

struct KindOfType {
  std::string_view type;
  ErrorKind kind;
};

// RFC 8555 section 6.7. Problems with validation are transient: a host or a
// name server may be back tomorrow. Terms to agree to and accounts to bind are
// for an operator. The rest a person or another request has to cure; it is
// asked again all the same, at growing intervals. Types that are not listed
// count as permanent, also alreadyReplaced (RFC 9773 section 7.4) and
// invalidProfile (draft-ietf-acme-profiles section 6.1): what to leave out of
// the next order is for the engine to know.
constexpr std::array kKinds{
    KindOfType{"accountDoesNotExist", ErrorKind::kTransient},
    KindOfType{"badNonce", ErrorKind::kTransient},
    KindOfType{"connection", ErrorKind::kTransient},
    KindOfType{"dns", ErrorKind::kTransient},
    KindOfType{"externalAccountRequired", ErrorKind::kConfiguration},
    KindOfType{"incorrectResponse", ErrorKind::kTransient},
    KindOfType{"orderNotReady", ErrorKind::kTransient},
    KindOfType{"rateLimited", ErrorKind::kRateLimited},
    KindOfType{"serverInternal", ErrorKind::kTransient},
    KindOfType{"tls", ErrorKind::kTransient},
    KindOfType{"unauthorized", ErrorKind::kTransient},
    KindOfType{"userActionRequired", ErrorKind::kConfiguration},
};

constexpr std::size_t kLongestText = 4096;
constexpr std::size_t kLongestUrl = 1024;

// Half a link leads nowhere: the cut goes in front of it.
std::string cut(const std::string& text, std::size_t limit) {
  std::string result = printable(text, limit);
  if (text.size() <= limit) {
    return result;
  }
  const std::size_t word = result.find_last_of(' ') + 1;  // 0 without any
  if (result.find("://", word) != std::string::npos) {
    result.resize(word);
  }
  return result;
}

std::string sentence(const std::string& detail, const std::string& type) {
  if (detail.empty()) {
    return type;
  }
  return cut(detail, kLongestText) + " (" + type + ")";
}

Subproblem subproblem_of(const nlohmann::json& object) {
  Subproblem result{
      short_type(text_of(object, "type")), text_of(object, "detail"), {}};
  if (const nlohmann::json* about = find_member(object, "identifier")) {
    result.identifier = text_of(*about, "value");
  }
  return result;
}

}  // namespace

std::string Problem::describe() const {
  std::string text = sentence(detail, type);
  for (const Subproblem& subproblem : subproblems) {
    text += "; " + subproblem.identifier + ": " +
            sentence(subproblem.detail, subproblem.type);
  }
  if (instance.empty()) {
    return cut(text, kLongestText);
  }
  const std::string link = "; see " + printable(instance);
  return cut(text, kLongestText - link.size()) + link;
}

Error Problem::to_error(const std::string& what,
                        std::optional<TimePoint> retry_at) const {
  const auto known = std::find_if(
      kKinds.begin(), kKinds.end(),
      [this](const KindOfType& entry) { return entry.type == type; });
  Error error(known == kKinds.end() ? ErrorKind::kPermanent : known->kind,
              what + ": " + describe());
  std::vector<std::string> names;
  for (const Subproblem& subproblem : subproblems) {
    if (!subproblem.identifier.empty()) {
      names.push_back(subproblem.identifier);
    }
  }
  error.with_problem_type(type).with_retry_at(retry_at).with_names(
      std::move(names));
  return error;
}

std::optional<Problem> problem_of(const nlohmann::json& object) {
  if (!object.is_object()) {
    return std::nullopt;
  }
  Problem problem;
  problem.type = short_type(text_of(object, "type"));
  problem.detail = text_of(object, "detail");
  problem.instance = url_of(object, "instance");
  if (problem.instance.size() > kLongestUrl) {
    problem.instance.clear();
  }
  const nlohmann::json* status = find_member(object, "status");
  if (status != nullptr && status->is_number_unsigned() && *status < 1000U) {
    problem.status = status->get<int>();
  }
  // A CA that sends thousands does not get thousands logged.
  constexpr std::size_t kMostSubproblems = 100;
  const nlohmann::json* list = find_member(object, "subproblems");
  if (list != nullptr && list->is_array()) {
    for (const nlohmann::json& entry : *list) {
      if (problem.subproblems.size() == kMostSubproblems) {
        break;
      }
      if (entry.is_object()) {
        problem.subproblems.push_back(subproblem_of(entry));
      }
    }
  }
  return problem;
}

std::optional<Problem> parse_problem(std::string_view json) {
  return problem_of(parse_object(json));
}

}  // namespace acme
