// SPDX-License-Identifier: BSD-2-Clause
// Reading authorizations and their challenges.
#include "acme_core/protocol/authorization.h"

#include <algorithm>
#include <array>
#include <utility>

#include "acme_core/crypto/base64url.h"
#include "acme_core/protocol/json_fields.h"
#include "acme_core/protocol/problem_json.h"

namespace acme {
namespace {

using AuthorizationStatus = Authorization::Status;
using ChallengeStatus = Challenge::Status;

constexpr std::array<std::pair<std::string_view, AuthorizationStatus>, 6>
    kAuthorizationStatuses{{{"pending", AuthorizationStatus::kPending},
                            {"valid", AuthorizationStatus::kValid},
                            {"invalid", AuthorizationStatus::kInvalid},
                            {"deactivated", AuthorizationStatus::kDeactivated},
                            {"expired", AuthorizationStatus::kExpired},
                            {"revoked", AuthorizationStatus::kRevoked}}};

constexpr std::array<std::pair<std::string_view, ChallengeStatus>, 4>
    kChallengeStatuses{{{"pending", ChallengeStatus::kPending},
                        {"processing", ChallengeStatus::kProcessing},
                        {"valid", ChallengeStatus::kValid},
                        {"invalid", ChallengeStatus::kInvalid}}};

template <typename Table>
auto find_status(const Table& table, const std::string& text)
    -> std::optional<typename Table::value_type::second_type> {
  const auto found =
      std::find_if(table.begin(), table.end(),
                   [&](const auto& entry) { return entry.first == text; });
  if (found == table.end()) {
    return std::nullopt;
  }
  return found->second;
}

// The member's name until draft -01, and since -02.
std::vector<std::string> issuer_domain_names_of(const nlohmann::json& object) {
  std::vector<std::string> names = domain_names_of(object, "issuerDomainNames");
  return names.empty() ? domain_names_of(object, "issuer-domain-names")
                       : std::move(names);
}

// Challenges of kinds we do not know may have any shape: only what every kind
// has is asked for, and one without it is passed over.
std::optional<Challenge> challenge_of(const nlohmann::json& object) {
  Challenge challenge;
  challenge.type = text_of(object, "type");
  challenge.url = url_of(object, "url");
  const auto status =
      find_status(kChallengeStatuses, text_of(object, "status"));
  if (challenge.type.empty() || challenge.url.empty() || !status) {
    return std::nullopt;
  }
  challenge.status = *status;
  std::string token = text_of(object, "token");
  if (is_token(token)) {
    challenge.token = std::move(token);
  }
  challenge.issuer_domain_names = issuer_domain_names_of(object);
  if (const nlohmann::json* error = find_member(object, "error")) {
    challenge.error = problem_of(*error);
  }
  return challenge;
}

}  // namespace

const Challenge* Authorization::find(std::string_view type) const noexcept {
  const auto found = std::find_if(
      challenges.begin(), challenges.end(),
      [&](const Challenge& challenge) { return challenge.type == type; });
  return found == challenges.end() ? nullptr : &*found;
}

const Problem* Authorization::failure() const noexcept {
  const auto found = std::find_if(
      challenges.begin(), challenges.end(),
      [](const Challenge& challenge) { return challenge.error.has_value(); });
  return found == challenges.end() ? nullptr : &*found->error;
}

std::optional<Authorization> parse_authorization(std::string_view json) {
  const nlohmann::json object = parse_object(json);
  const auto status =
      find_status(kAuthorizationStatuses, text_of(object, "status"));
  const nlohmann::json* identifier = find_member(object, "identifier");
  const nlohmann::json* challenges = find_member(object, "challenges");
  if (!status || identifier == nullptr || challenges == nullptr ||
      !challenges->is_array()) {
    return std::nullopt;
  }
  auto name = identifier_of(*identifier);
  if (!name) {
    return std::nullopt;
  }
  Authorization authorization;
  authorization.identifier = std::move(*name);
  authorization.status = *status;
  authorization.wildcard = flag_of(object, "wildcard");
  for (const nlohmann::json& entry : *challenges) {
    if (auto challenge = challenge_of(entry)) {
      authorization.challenges.push_back(std::move(*challenge));
    }
  }
  return authorization;
}

}  // namespace acme
