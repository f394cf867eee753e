// SPDX-License-Identifier: BSD-2-Clause
// Questions that a CA's resolver will ask.
#include "acme_core/net/dns_probe.h"

#include <algorithm>
#include <string_view>
#include <utility>

#include "acme_core/ascii.h"
#include "acme_core/error.h"
#include "acme_core/net/dns_client.h"
#include "acme_core/net/dns_exchange.h"
#include "acme_core/net/dns_handles.h"
#include "acme_core/net/dns_lookup.h"
#include "acme_core/net/dns_message.h"

namespace acme {
namespace {

constexpr std::uint8_t kCritical = 128;  // RFC 8659 section 4.1

std::string_view data_of(const ldns_rdf* field) {
  return {reinterpret_cast<const char*>(ldns_rdf_data(field)),
          ldns_rdf_size(field)};
}

// The tag has its length in front, the value has none. An empty value, by which
// "issue" lets nobody issue, is no field to ldns.
std::optional<CaaProperty> property_of(const ldns_rr& record) {
  const std::size_t fields = ldns_rr_rd_count(&record);
  if (fields != 2 && fields != 3) {
    return std::nullopt;
  }
  const std::string_view flags = data_of(ldns_rr_rdf(&record, 0));
  const std::string_view tag = data_of(ldns_rr_rdf(&record, 1));
  if (flags.size() != 1 || tag.empty()) {
    return std::nullopt;
  }
  return CaaProperty{
      .is_critical = (static_cast<std::uint8_t>(flags[0]) & kCritical) != 0,
      .tag = lowered(std::string(tag.substr(1))),
      .value = fields == 3 ? std::string(data_of(ldns_rr_rdf(&record, 2)))
                           : std::string()};
}

std::string value_of(const ldns_rr& record, ProbeType type) {
  if (type == ProbeType::kSoa || ldns_rr_rd_count(&record) == 0) {
    return {};
  }
  const LdnsTextPtr text(ldns_rdf2str(ldns_rr_rdf(&record, 0)));
  return text ? lowered(std::string(text.get())) : std::string();
}

}  // namespace

std::optional<ProbeReply> read_probe_reply(
    std::span<const std::uint8_t> message, ProbeType type) {
  ldns_pkt* parsed = nullptr;
  if (ldns_wire2pkt(&parsed, message.data(), message.size()) !=
      LDNS_STATUS_OK) {
    return std::nullopt;
  }
  const LdnsPacketPtr packet(parsed);
  if (!ldns_pkt_qr(packet.get())) {
    return std::nullopt;
  }
  ProbeReply reply{
      .rcode = static_cast<DnsRcode>(ldns_pkt_get_rcode(packet.get())),
      .is_authenticated = ldns_pkt_ad(packet.get()),
      .values = {},
      .caa = {}};
  const ldns_rr_list* answers = ldns_pkt_answer(packet.get());
  for (std::size_t i = 0; i < ldns_rr_list_rr_count(answers); ++i) {
    const ldns_rr& record = *ldns_rr_list_rr(answers, i);
    if (ldns_rr_get_type(&record) != static_cast<ldns_rr_type>(type)) {
      continue;
    }
    if (type != ProbeType::kCaa) {
      reply.values.push_back(value_of(record, type));
    } else if (auto property = property_of(record)) {
      reply.caa.push_back(std::move(*property));
    }
  }
  return reply;
}

ResolverDnsProbe::ResolverDnsProbe(std::optional<DnsServers> resolvers)
    : resolvers_(resolvers ? std::move(*resolvers) : system_dns_servers()) {}

ProbeReply ResolverDnsProbe::ask(const ProbeQuestion& question,
                                 std::stop_token stop) {
  const auto request =
      write_question({.name = question.name,
                      .type = static_cast<DnsType>(question.type),
                      .recursion_desired = true,
                      .authentic_data = true,
                      .checking_disabled = question.checking_disabled},
                     random_dns_id());
  std::string why = "there is no resolver";
  for (const std::string& server : resolvers_.servers) {
    try {
      auto reply = read_probe_reply(
          exchange_dns(server, request, kDnsTimeout, stop), question.type);
      if (reply) {
        return std::move(*reply);
      }
      why = server + ": its answer is malformed";
    } catch (const Error& error) {
      if (error.kind() != ErrorKind::kUnavailable) {
        throw;
      }
      why = server + ": " + error.what();
    }
  }
  throw Error(ErrorKind::kUnavailable, "no resolver answers: " + why);
}

}  // namespace acme
