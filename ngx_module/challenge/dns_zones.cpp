// SPDX-License-Identifier: BSD-2-Clause
// Which zone a name lies in.
#include "ngx_module/challenge/dns_zones.h"

#include <algorithm>
#include <variant>

#include "acme_core/engine/challenge_choice.h"

namespace ngx_acme {
namespace {

bool is_listen(const acme::DnsProviderSpec* provider) noexcept {
  return provider != nullptr &&
         std::holds_alternative<acme::ListenSpec>(provider->how);
}

bool may_be_proved_here(const acme::Plan& plan,
                        const acme::CertificateSpec& certificate,
                        const acme::Identifier& identifier) {
  return std::any_of(
      certificate.issuers.begin(), certificate.issuers.end(),
      [&](std::size_t index) {
        const acme::IssuerSpec& issuer = plan.issuers[index];
        if (!is_listen(acme::find_dns_provider(issuer.dns, identifier.value))) {
          return false;
        }
        const auto types = acme::challenge_candidates(
            issuer, certificate, identifier, plan.listeners);
        return std::any_of(types.begin(), types.end(), acme::is_dns);
      });
}

}  // namespace

NameSet listen_apexes(const acme::Plan& plan) {
  constexpr std::string_view kWildcard = "*.";
  NameSet apexes;
  for (const acme::IssuerSpec& issuer : plan.issuers) {
    for (const acme::DnsProviderSpec& provider : issuer.dns) {
      if (is_listen(&provider) && !provider.zone.empty()) {
        apexes.insert(provider.zone);
      }
    }
  }
  for (const acme::CertificateSpec& certificate : plan.certificates) {
    for (const acme::Identifier& identifier : certificate.identifiers) {
      if (identifier.type == acme::Identifier::Type::kDns &&
          may_be_proved_here(plan, certificate, identifier)) {
        const std::string_view name = identifier.value;
        apexes.insert("_acme-challenge." +
                      std::string(identifier.is_wildcard()
                                      ? name.substr(kWildcard.size())
                                      : name));
      }
    }
  }
  return apexes;
}

std::optional<std::string_view> ListenZones::apex_of(
    std::string_view name) const {
  while (!name.empty() && !apexes_.contains(name)) {
    const std::size_t dot = name.find('.');
    name.remove_prefix(dot == std::string_view::npos ? name.size() : dot + 1);
  }
  return name.empty() ? std::nullopt : std::optional(name);
}

std::optional<std::string_view> ListenZones::zone_of(
    std::string_view name) const {
  if (const auto apex = apex_of(name)) {
    return apex;
  }
  return challenges_.find_txt(name).txt.empty() ? std::nullopt
                                                : std::optional(name);
}

acme::DnsZones::Node ListenZones::find(std::string_view name) const {
  return challenges_.find_txt(name);
}

}  // namespace ngx_acme
