// SPDX-License-Identifier: BSD-2-Clause
// How names will be proved, before any CA is asked.
#include "ngx_module/config/first_challenge.h"

#include "acme_core/engine/challenge_choice.h"
#include "acme_core/listed.h"
#include "ngx_module/config/listeners.h"

namespace ngx_acme {

std::optional<acme::ChallengeType> first_challenge(
    const acme::Plan& plan, const acme::CertificateSpec& spec,
    const acme::Identifier& identifier) {
  const auto candidates = acme::challenge_candidates(
      plan.issuers[spec.issuer()], spec, identifier, plan.listeners);
  return candidates.empty() ? std::nullopt : std::optional(candidates.front());
}

bool has_way(const acme::Plan& plan, const acme::CertificateSpec& spec,
             const acme::Identifier& identifier) {
  const acme::IssuerSpec& issuer = plan.issuers[spec.issuer()];
  if (spec.is_authorized_at(issuer)) {
    return true;
  }
  const auto challenge = first_challenge(plan, spec, identifier);
  return challenge && (*challenge != acme::ChallengeType::kDnsPersist01 ||
                       !spec.challenges_at(issuer).empty());
}

ChallengeAddresses::ChallengeAddresses(ngx_conf_t* cf)
    : http_(http_addresses(cf)), tls_(tls_addresses(cf)) {}

std::string ChallengeAddresses::text(const std::vector<std::string>& addresses,
                                     const std::string& before) {
  return addresses.empty() ? std::string() : before + acme::listed(addresses);
}

}  // namespace ngx_acme
