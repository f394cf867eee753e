// SPDX-License-Identifier: BSD-2-Clause
// All checks, from the CA to each name, before a try is spent on them.
#pragma once

#include <functional>
#include <stop_token>
#include <string>
#include <vector>

#include "acme_core/identifier.h"
#include "acme_core/net/dns_lookup.h"
#include "acme_core/net/dns_probe.h"
#include "acme_core/net/http_client.h"
#include "acme_core/storage/store.h"
#include "acmectl/doctor/finding.h"
#include "acmectl/doctor/reach_checks.h"

namespace acmectl {

/// A CA, and where its certificates are kept.
struct DoctorIssuer {
  std::string name;
  std::string directory_url;
  std::string account_url;       ///< empty: not known
  std::string state_path;        ///< empty: nothing is known of it
  acme::Store* store = nullptr;  ///< of state_path
  /// What is to be looked at, a list for each certificate.
  std::vector<std::vector<acme::Identifier>> certificates;
};

struct DoctorJob {
  std::vector<DoctorIssuer> issuers;
  /// "http-01" and so on; empty: any that can prove a name.
  std::vector<std::string> methods;
  /// What CAs are called in CAA records when they do not say.
  std::vector<std::string> caa_identities;
  Ports ports;
  OwnAddresses own_addresses;
  acme::TimePoint now;
};

/// What the checks look with.
struct DoctorTools {
  acme::DnsProbe& probe;
  acme::DnsLookup& lookup;
  acme::HttpClient& ca;     ///< https
  acme::HttpClient& plain;  ///< http
  PortProbe& ports;
};

/// Tells each finding as it is made. A name that several certificates have is
/// looked at once. Throws acme::Error(kStopped).
[[nodiscard]] Findings run_doctor(
    const DoctorJob& job, const DoctorTools& tools,
    const std::function<void(const Finding&)>& tell, std::stop_token stop);

}  // namespace acmectl
