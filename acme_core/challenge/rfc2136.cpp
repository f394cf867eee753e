// SPDX-License-Identifier: BSD-2-Clause
// Updates, and what to do about a refusal.
#include "acme_core/challenge/rfc2136.h"

#include <string_view>
#include <utility>

#include "acme_core/error.h"
#include "acme_core/net/dns_client.h"

namespace acme {
namespace {

// By itself it may work later, or an operator has to change something.
ErrorKind kind_of(const DnsUpdateReply& reply) {
  switch (reply.rcode) {
    case DnsRcode::kNoError:
    case DnsRcode::kServFail:
      return ErrorKind::kOurs;
    default:
      return ErrorKind::kConfiguration;
  }
}

// The signature tells more than the answer's code (RFC 8945 section 5.2).
DnsRcode reason_of(const DnsUpdateReply& reply) {
  return reply.signature.error == DnsRcode::kNoError ? reply.rcode
                                                     : reply.signature.error;
}

}  // namespace

Rfc2136Provider::Rfc2136Provider(const Rfc2136Spec& spec,
                                 const std::string& zone, const Clock& clock)
    : server_(spec.server),
      zone_(canonical_name(zone).value_or("")),
      key_{spec.key_name, spec.key_algorithm, spec.key},
      clock_(clock) {
  require_usable(key_);
}

void Rfc2136Provider::present(const DnsRecord& record, std::stop_token stop) {
  change(DnsUpdate::Action::kAdd, record, std::move(stop));
}

void Rfc2136Provider::cleanup(const DnsRecord& record, std::stop_token stop) {
  change(DnsUpdate::Action::kRemove, record, std::move(stop));
}

void Rfc2136Provider::change(DnsUpdate::Action action, const DnsRecord& record,
                             std::stop_token stop) const {
  try {
    const DnsUpdate update{action, zone_of(record.fqdn, stop), record.fqdn,
                           record.value, kTimeToLive};
    const DnsUpdateReply reply = update_dns(server_, update, key_, clock_.now(),
                                            kDnsTimeout, std::move(stop));
    if (reply.rcode != DnsRcode::kNoError || !reply.signature.is_authentic) {
      throw Error(kind_of(reply), advice(reply, update));
    }
  } catch (const Error& error) {
    if (error.kind() == ErrorKind::kStopped) {
      throw;
    }
    // A name server that is down is not the CA's outage.
    throw Error(
        error.kind() == ErrorKind::kUnavailable ? ErrorKind::kOurs
                                                : error.kind(),
        std::string(action == DnsUpdate::Action::kAdd ? "cannot publish"
                                                      : "cannot remove") +
            " the DNS record for \"" + record.domain +
            "\" at the name server " + server_ + ": " + error.what());
  }
}

// A server that is asked for the SOA of a name in its zone names the zone (RFC
// 2308 section 3). Where it has the parent zone only, it refers elsewhere.
std::string Rfc2136Provider::zone_of(const std::string& fqdn,
                                     const std::stop_token& stop) const {
  const std::string start = canonical_name(fqdn).value_or("");
  for (std::string_view name = start; name.size() > 1;
       name = parent_name(name)) {
    const DnsReply reply = ask_dns(
        server_, {std::string(name), DnsType::kSoa, false}, kDnsTimeout, stop);
    const std::string zone = zone_in(reply, std::string(name));
    if (reply.authoritative && !zone.empty()) {
      return zone;
    }
  }
  if (!zone_.empty() && is_at_or_below(start, zone_)) {
    return zone_;
  }
  throw Error(ErrorKind::kConfiguration,
              "it is not authoritative for a zone that has \"" + fqdn +
                  "\", or does not tell us: name the zone's primary server, "
                  "or the zone in \"zone=\"");
}

std::string Rfc2136Provider::advice(const DnsUpdateReply& reply,
                                    const DnsUpdate& update) const {
  const DnsRcode reason = reason_of(reply);
  const std::string key = "the key \"" + key_.name + "\"";
  const std::string text = to_string(reason) + ": ";
  switch (reason) {
    case DnsRcode::kNoError:
      return "its answer is not signed with " + key + ", and not believed";
    case DnsRcode::kBadKey:
      return text + "it does not know " + key +
             ": its name and its algorithm (" + key_.algorithm +
             " here) must be the same there";
    case DnsRcode::kBadSig:
      return text + "the secret of " + key + " is another one there";
    case DnsRcode::kBadTime:
      return text +
             "its clock and this machine's are more than 5 minutes apart: set "
             "the one that is wrong";
    case DnsRcode::kRefused:
      return text + "it does not let " + key + " change \"" + update.name +
             "\": allow it there (BIND: update-policy; Knot: acl; PowerDNS: "
             "TSIG-ALLOW-DNSUPDATE)";
    case DnsRcode::kNotAuth:
      return text + "it is not the primary server of the zone \"" +
             update.zone + "\", or does not accept " + key + " for it";
    case DnsRcode::kNotZone:
      return text + "\"" + update.name + "\" is not in the zone \"" +
             update.zone + "\"";
    case DnsRcode::kNotImp:
      return text + "it takes no dynamic updates: enable them there";
    case DnsRcode::kServFail:
      return text + "it could not change the zone \"" + update.zone +
             "\": its own log says why";
    default:
      return text + "it refuses to change the zone \"" + update.zone + "\"";
  }
}

}  // namespace acme
