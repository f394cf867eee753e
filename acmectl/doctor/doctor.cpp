// SPDX-License-Identifier: BSD-2-Clause
// All checks, from the CA to each name.
#include "acmectl/doctor/doctor.h"

#include <algorithm>
#include <set>
#include <utility>

#include "acme_core/engine/public_names.h"
#include "acme_core/error.h"
#include "acmectl/doctor/caa_check.h"
#include "acmectl/doctor/dns_checks.h"
#include "acmectl/doctor/state_checks.h"

namespace acmectl {
namespace {

class Doctor {
 public:
  Doctor(const DoctorJob& job, const DoctorTools& tools,
         const std::function<void(const Finding&)>& tell, std::stop_token stop)
      : job_(job), tools_(tools), tell_(tell), stop_(std::move(stop)) {}

  Findings run() {
    for (const DoctorIssuer& issuer : job_.issuers) {
      look_at(issuer);
    }
    return std::move(findings_);
  }

 private:
  void add(const Finding& finding) {
    if (stop_.stop_requested()) {
      throw acme::Error(acme::ErrorKind::kStopped, "stopped");
    }
    if (tell_) {
      tell_(finding);
    }
    findings_.push_back(finding);
  }
  void add(const Findings& findings) {
    std::for_each(findings.begin(), findings.end(),
                  [this](const Finding& finding) { add(finding); });
  }

  void look_at(const DoctorIssuer& issuer) {
    const CaFindings ca =
        check_ca(tools_.ca, issuer.name, issuer.directory_url, job_.now, stop_);
    add(ca.findings);
    if (!issuer.state_path.empty()) {
      add(check_state(issuer.state_path, issuer.store));
    }
    std::set<acme::Identifier> seen;
    for (const auto& identifiers : issuer.certificates) {
      for (const acme::Identifier& name : identifiers) {
        if (seen.insert(name).second) {
          look_at(name, issuer, ca);
        }
      }
      if (issuer.store != nullptr && !identifiers.empty()) {
        add(check_budget(*issuer.store, issuer.directory_url, identifiers,
                         job_.now));
      }
    }
  }

  [[nodiscard]] bool uses(const std::string& method) const {
    return job_.methods.empty() ||
           std::find(job_.methods.begin(), job_.methods.end(), method) !=
               job_.methods.end();
  }

  // What no public CA signs or reaches, whatever DNS says.
  void check_public(const acme::Identifier& of, const acme::Identifier& name,
                    const DoctorIssuer& issuer) {
    acme::IssuerSpec spec;
    spec.name = issuer.name;
    spec.directory_url = issuer.directory_url;
    const bool is_name = of == name;
    const auto why = !acme::is_public_ca(spec) ? std::nullopt
                     : is_name ? acme::why_no_public_ca_signs(of)
                     : acme::why_not_public(of)
                         ? std::optional(std::string(*acme::why_not_public(of)))
                         : std::nullopt;
    if (why) {
      add({.health = Health::kFail,
           .about = name.value,
           .check = is_name ? "name" : "addresses",
           .text = of.value + " " + *why,
           .cure = is_name ? "leave it out, or ask a CA of your own"
                           : "the CA cannot reach it: give the name a public "
                             "address, or prove it by dns-01"});
    }
  }

  void look_at(const acme::Identifier& name, const DoctorIssuer& issuer,
               const CaFindings& ca) {
    check_public(name, name, issuer);
    const bool is_dns = name.type == acme::Identifier::Type::kDns;
    const bool is_found_by_port =
        !name.is_wildcard() && (uses("http-01") || uses("tls-alpn-01"));
    std::vector<std::string> addresses;
    if (!is_dns) {
      addresses = {name.value};
    } else if (is_found_by_port) {
      AddressFindings found =
          check_addresses(tools_.probe, name, job_.own_addresses, stop_);
      add(found.findings);
      addresses = std::move(found.addresses);
      for (const std::string& address : addresses) {
        if (const auto place = acme::parse_identifier(address)) {
          check_public(*place, name, issuer);
        }
      }
    }
    if (is_dns) {
      add(check_dnssec(tools_.probe, name, stop_));
      add(check_caa(tools_.probe, name, asker_of(name, issuer, ca), stop_));
    }
    if (is_dns && (name.is_wildcard() || uses("dns-01"))) {
      add(check_delegation(tools_.lookup, name, stop_));
    }
    if (is_found_by_port) {
      add(check_ports(tools_.ports, tools_.plain, name, addresses,
                      job_.own_addresses, job_.ports, stop_));
    }
  }

  [[nodiscard]] CaaAsker asker_of(const acme::Identifier& name,
                                  const DoctorIssuer& issuer,
                                  const CaFindings& ca) const {
    CaaAsker asker{.identities = {},
                   .account_url = issuer.account_url,
                   .methods = job_.methods};
    if (ca.directory) {
      asker.identities = ca.directory->caa_identities;
    }
    if (asker.identities.empty()) {
      asker.identities = job_.caa_identities;
    }
    // A wildcard is proved by DNS alone (RFC 8555 section 7.1.4 and BR).
    if (asker.methods.empty() && name.is_wildcard()) {
      asker.methods = {"dns-01", "dns-persist-01"};
    } else if (asker.methods.empty()) {
      asker.methods = {"http-01", "tls-alpn-01", "dns-01", "dns-persist-01"};
    }
    return asker;
  }

  const DoctorJob& job_;
  const DoctorTools& tools_;
  const std::function<void(const Finding&)>& tell_;
  const std::stop_token stop_;
  Findings findings_;
};

}  // namespace

Findings run_doctor(const DoctorJob& job, const DoctorTools& tools,
                    const std::function<void(const Finding&)>& tell,
                    std::stop_token stop) {
  return Doctor(job, tools, tell, std::move(stop)).run();
}

}  // namespace acmectl
