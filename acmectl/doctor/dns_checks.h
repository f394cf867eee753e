// SPDX-License-Identifier: BSD-2-Clause
// What DNS says of a name that is to have a certificate.
#pragma once

#include <stop_token>
#include <string>
#include <vector>

#include "acme_core/identifier.h"
#include "acme_core/net/dns_lookup.h"
#include "acme_core/net/dns_probe.h"
#include "acmectl/doctor/finding.h"
#include "acmectl/doctor/reach_checks.h"

namespace acmectl {

struct AddressFindings {
  std::vector<std::string> addresses;  ///< of the name, canonical
  Findings findings;
};

/// A and AAAA against this machine's own addresses. Elsewhere is a warning: a
/// router or a proxy may pass it on.
[[nodiscard]] AddressFindings check_addresses(acme::DnsProbe& dns,
                                              const acme::Identifier& name,
                                              const OwnAddresses& own,
                                              std::stop_token stop);

/// A name that validates or is not signed; one that fails is refused by every
/// CA.
[[nodiscard]] Finding check_dnssec(acme::DnsProbe& dns,
                                   const acme::Identifier& name,
                                   std::stop_token stop);

/// Where `_acme-challenge.NAME` leads: to an alias or to a zone of its own, and
/// whether that has name servers.
[[nodiscard]] Finding check_delegation(acme::DnsLookup& dns,
                                       const acme::Identifier& name,
                                       std::stop_token stop);

}  // namespace acmectl
