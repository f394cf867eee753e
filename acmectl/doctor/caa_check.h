// SPDX-License-Identifier: BSD-2-Clause
// Whether CAA records let the CA issue for a name (RFC 8659), to our account
// and by the challenges that we use (RFC 8657).
#pragma once

#include <stop_token>
#include <string>
#include <vector>

#include "acme_core/identifier.h"
#include "acme_core/net/dns_probe.h"
#include "acmectl/doctor/finding.h"

namespace acmectl {

/// Who will ask.
struct CaaAsker {
  std::vector<std::string> identities;  ///< the CA's; empty: not known
  std::string account_url;              ///< empty: not known
  /// "http-01" and so on, that may be used for the name; empty: any.
  std::vector<std::string> methods;
};

/// A value of "issue" or "issuewild", taken apart.
struct CaaIssue {
  std::string domain;  ///< in lower case; empty: nobody may
  std::string account_url;
  std::vector<std::string> methods;  ///< empty: any
};
[[nodiscard]] CaaIssue parse_caa_issue(const std::string& value);

/// Of a DNS name.
[[nodiscard]] Finding check_caa(acme::DnsProbe& dns,
                                const acme::Identifier& name,
                                const CaaAsker& asker, std::stop_token stop);

}  // namespace acmectl
