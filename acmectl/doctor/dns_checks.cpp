// SPDX-License-Identifier: BSD-2-Clause
// What DNS says of a name that is to have a certificate.
#include "acmectl/doctor/dns_checks.h"

#include <algorithm>

#include "acme_core/error.h"
#include "acme_core/listed.h"

namespace acmectl {
namespace {

constexpr char kNoResolver[] =
    "see /etc/resolv.conf, or name a resolver with --resolver";

std::string bare_name(const acme::Identifier& name) {
  return name.is_wildcard() ? name.value.substr(2) : name.value;
}

void rethrow_stop(const acme::Error& error) {
  if (error.kind() == acme::ErrorKind::kStopped) {
    throw error;
  }
}

// As the kernel writes them: IPv6 has many spellings.
std::vector<std::string> canonical(const std::vector<std::string>& addresses) {
  std::vector<std::string> texts;
  for (const std::string& address : addresses) {
    const auto parsed = acme::parse_identifier(address);
    texts.push_back(parsed ? parsed->value : address);
  }
  return texts;
}

bool has_answer(const acme::ProbeReply& reply) {
  return reply.rcode == acme::DnsRcode::kNoError ||
         reply.rcode == acme::DnsRcode::kNxDomain;
}

// Of one of the two kinds of address, all of which a CA may choose from.
Finding judge_addresses(const acme::Identifier& name, const std::string& kind,
                        const std::vector<std::string>& addresses,
                        const OwnAddresses& own) {
  std::vector<std::string> foreign;
  std::copy_if(
      addresses.begin(), addresses.end(), std::back_inserter(foreign),
      [&](const std::string& address) { return !own.contains(address); });
  Finding finding{.health = Health::kOk,
                  .about = name.value,
                  .check = "addresses",
                  .text = kind + " " + acme::listed(addresses) +
                          (foreign.empty() ? " is this machine's" : ""),
                  .cure = {}};
  if (foreign.empty()) {
    return finding;
  }
  finding.health = Health::kWarn;
  finding.text = kind + " " + acme::listed(foreign) +
                 " is not an address of this machine's interfaces";
  finding.cure = kind == "AAAA"
                     ? "CAs prefer IPv6: if nothing here answers at it, remove "
                       "the record; behind a proxy or a router all is well"
                     : "behind a router (NAT) or a proxy all is well if it "
                       "passes ports 80 and 443 on; else change the record";
  return finding;
}

}  // namespace

AddressFindings check_addresses(acme::DnsProbe& dns,
                                const acme::Identifier& name,
                                const OwnAddresses& own, std::stop_token stop) {
  AddressFindings result;
  const auto add = [&](Health health, const std::string& text,
                       const std::string& cure) {
    result.findings.push_back({.health = health,
                               .about = name.value,
                               .check = "addresses",
                               .text = text,
                               .cure = cure});
  };
  bool has_failed = false;
  for (const auto& [kind, type] : {std::pair("A", acme::ProbeType::kA),
                                   std::pair("AAAA", acme::ProbeType::kAaaa)}) {
    try {
      const acme::ProbeReply reply = dns.ask(
          {.name = name.value + ".", .type = type, .checking_disabled = false},
          stop);
      const auto found = canonical(reply.values);
      if (!has_answer(reply)) {
        has_failed = true;
        add(Health::kFail,
            std::string("the question for ") + kind + " is answered by " +
                to_string(reply.rcode),
            "mend the zone's name servers: CAs ask for both A and AAAA");
      } else if (!found.empty()) {
        result.addresses.insert(result.addresses.end(), found.begin(),
                                found.end());
        result.findings.push_back(judge_addresses(name, kind, found, own));
      }
    } catch (const acme::Error& error) {
      rethrow_stop(error);
      add(Health::kFail, error.what(), kNoResolver);
      return result;
    }
  }
  if (result.addresses.empty() && !has_failed) {
    add(Health::kFail, "has no address: neither A nor AAAA",
        "add an A or AAAA record that leads here; by dns-01 alone a name needs "
        "none");
  }
  return result;
}

Finding check_dnssec(acme::DnsProbe& dns, const acme::Identifier& name,
                     std::stop_token stop) {
  Finding finding{.health = Health::kOk,
                  .about = name.value,
                  .check = "dnssec",
                  .text = {},
                  .cure = {}};
  const auto ask = [&](const std::string& of, bool unchecked) {
    return dns.ask({.name = of,
                    .type = acme::ProbeType::kSoa,
                    .checking_disabled = unchecked},
                   stop);
  };
  try {
    const std::string fqdn = bare_name(name) + ".";
    const acme::ProbeReply reply = ask(fqdn, false);
    if (reply.rcode == acme::DnsRcode::kServFail) {
      finding.health = Health::kFail;
      if (has_answer(ask(fqdn, true))) {
        finding.text = "its signatures do not validate";
        finding.cure =
            "sign the zone again, or correct the DS record at the registrar; "
            "https://dnsviz.net shows the chain";
      } else {
        finding.text = "its name servers give no answer (SERVFAIL)";
        finding.cure = "see whether the zone's name servers run";
      }
    } else if (reply.is_authenticated) {
      finding.text = "signed, and validates";
    } else if (ask(".", false).is_authenticated) {
      finding.text = "not signed";
    } else {
      finding.health = Health::kWarn;
      finding.text = "not looked at: this resolver does not validate";
      finding.cure = "name one that does with --resolver";
    }
  } catch (const acme::Error& error) {
    rethrow_stop(error);
    finding.health = Health::kFail;
    finding.text = error.what();
    finding.cure = kNoResolver;
  }
  return finding;
}

Finding check_delegation(acme::DnsLookup& dns, const acme::Identifier& name,
                         std::stop_token stop) {
  const std::string fqdn = "_acme-challenge." + bare_name(name) + ".";
  Finding finding{.health = Health::kOk,
                  .about = name.value,
                  .check = "_acme-challenge",
                  .text = {},
                  .cure = {}};
  try {
    const std::string target = dns.follow_aliases(fqdn, stop);
    const std::string zone = dns.zone_of(target, stop);
    const auto servers = dns.authoritative_servers(zone, stop);
    std::vector<std::string> names;
    std::transform(servers.begin(), servers.end(), std::back_inserter(names),
                   [](const acme::NameServer& server) { return server.name; });
    const std::string at =
        " in the zone " + zone + " of " + acme::listed(names);
    finding.text = target != fqdn ? "is an alias of " + target + at
                   : zone == fqdn
                       ? "is a zone of its own, of " + acme::listed(names)
                       : "is" + at;
  } catch (const acme::Error& error) {
    rethrow_stop(error);
    finding.health = name.is_wildcard() ? Health::kFail : Health::kWarn;
    finding.text = error.what();
    finding.cure =
        "dns-01 cannot work until the alias, or the delegation, leads to a "
        "zone with name servers; other challenges can";
  }
  return finding;
}

}  // namespace acmectl
