// SPDX-License-Identifier: BSD-2-Clause
// RFC 2136 section 2.5: what an update looks like.
#include "acme_core/net/dns_update.h"

#include <utility>
#include <vector>

#include "acme_core/error.h"
#include "acme_core/net/dns_client.h"
#include "acme_core/net/dns_exchange.h"
#include "acme_core/net/dns_handles.h"

namespace acme {
namespace {

constexpr std::size_t kLongestString = 255;  // RFC 1035 section 3.3

LdnsFieldPtr string_field(const std::string& text) {
  if (text.size() > kLongestString) {
    throw Error(ErrorKind::kConfiguration, "a TXT record of " +
                                               std::to_string(text.size()) +
                                               " bytes is too long");
  }
  const std::string bytes = static_cast<char>(text.size()) + text;
  return LdnsFieldPtr(require_ldns(
      ldns_rdf_new_frm_data(LDNS_RDF_TYPE_STR, bytes.size(), bytes.data())));
}

LdnsRecordPtr record_of(const DnsUpdate& update) {
  const bool adds = update.action == DnsUpdate::Action::kAdd;
  LdnsRecordPtr record(require_ldns(ldns_rr_new()));
  ldns_rr_set_owner(record.get(), dns_name_field(update.name).release());
  ldns_rr_set_type(record.get(), LDNS_RR_TYPE_TXT);
  // Section 2.5.1 and 2.5.4.
  ldns_rr_set_class(record.get(), adds ? LDNS_RR_CLASS_IN : LDNS_RR_CLASS_NONE);
  ldns_rr_set_ttl(
      record.get(),
      adds ? static_cast<std::uint32_t>(update.time_to_live.count()) : 0);
  ldns_rr_push_rdf(record.get(), string_field(update.text).release());
  return record;
}

LdnsPacketPtr packet_of(const DnsUpdate& update) {
  const LdnsRecordListPtr records(require_ldns(ldns_rr_list_new()));
  if (!ldns_rr_list_push_rr(records.get(), record_of(update).release())) {
    throw std::bad_alloc();
  }
  LdnsPacketPtr packet(require_ldns(
      ldns_update_pkt_new(dns_name_field(update.zone).release(),
                          LDNS_RR_CLASS_IN, nullptr, records.get(), nullptr)));
  ldns_pkt_set_id(packet.get(), random_dns_id());
  ldns_pkt_set_rd(packet.get(), false);  // section 2.2: is zero
  return packet;
}

}  // namespace

DnsUpdateReply update_dns(const std::string& server, const DnsUpdate& update,
                          const TsigKey& key, TimePoint now,
                          std::chrono::milliseconds timeout,
                          std::stop_token stop) {
  const LdnsPacketPtr packet = packet_of(update);
  const std::vector<std::uint8_t> digest = sign_dns(*packet, key, now);
  std::uint8_t* bytes = nullptr;
  std::size_t size = 0;
  if (ldns_pkt2wire(&bytes, packet.get(), &size) != LDNS_STATUS_OK) {
    throw std::bad_alloc();
  }
  const LdnsBytesPtr owner(bytes);
  const std::vector<std::uint8_t> message =
      exchange_dns(server, {bytes, size}, timeout, std::move(stop));
  const auto reply = read_reply(message);
  if (!reply) {
    throw Error(ErrorKind::kUnavailable, "its answer is malformed");
  }
  return {reply->rcode, verify_dns(message, key, digest, now)};
}

}  // namespace acme
