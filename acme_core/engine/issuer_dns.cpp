// SPDX-License-Identifier: BSD-2-Clause
// What one issuer has for DNS challenges.
#include "acme_core/engine/issuer_dns.h"

#include <string>
#include <string_view>
#include <utility>

#include "acme_core/challenge/dns_persist01.h"
#include "acme_core/engine/challenge_choice.h"
#include "acme_core/engine/dns_providers.h"

namespace acme {

IssuerDns::IssuerDns(const IssuerSpec& spec, Store& store,
                     EngineEnvironment& environment, const EventLog& log)
    : spec_(spec),
      log_(log),
      journal_(store),
      lookup_(environment.look_up_dns(spec)) {
  const DnsProviderContext context{
      .store = store,
      .clock = environment.clock,
      .responder = environment.responders.dns,
      .log = log,
      .connect = [&](const std::string& url) -> HttpClient& {
        return *clients_.emplace_back(environment.connect_to_service(url));
      }};
  for (const DnsProviderSpec& provider : spec.dns) {
    try {
      providers_.push_back(environment.make_dns_provider(provider, context));
    } catch (const Error& error) {
      log.error(error.what());
      providers_.push_back(nullptr);
    }
  }
  if (!lookup_) {
    return;
  }
  solvers_.push_back(std::make_unique<DnsPersist01Solver>(
      *lookup_, environment.clock, log, store));
  if (spec.dns.empty()) {
    return;
  }
  for (const ChallengeType type :
       {ChallengeType::kDns01, ChallengeType::kDnsAccount01}) {
    solvers_.push_back(std::make_unique<Dns01Solver>(
        Dns01Context{
            .lookup = *lookup_,
            .journal = journal_,
            .name_locks = name_locks_,
            .clock = environment.clock,
            .log = log,
            .choose = [this](const DnsRecord& record) { return find(record); }},
        type));
  }
}

DnsProvider* IssuerDns::find(const DnsRecord& record) const {
  std::string_view target = record.fqdn;
  if (target.ends_with('.')) {
    target.remove_suffix(1);
  }
  const DnsProviderSpec* by_domain =
      find_dns_provider(spec_.dns, record.domain);
  const DnsProviderSpec* by_target = find_dns_provider(spec_.dns, target);
  const DnsProviderSpec* found =
      by_domain == nullptr || (by_target != nullptr &&
                               by_target->zone.size() > by_domain->zone.size())
          ? by_target
          : by_domain;
  return found == nullptr
             ? nullptr
             : providers_[static_cast<std::size_t>(found - spec_.dns.data())]
                   .get();
}

std::unique_ptr<DnsLeftovers> IssuerDns::take_leftovers() {
  return std::make_unique<DnsLeftovers>(
      journal_, name_locks_,
      [this](const DnsRecord& record) { return find(record); }, log_);
}

}  // namespace acme
