// SPDX-License-Identifier: BSD-2-Clause
// Answers of an authoritative name server.
#include "acme_core/dns_server/dns_answer.h"

#include <algorithm>
#include <utility>

#include "acme_core/ascii.h"
#include "acme_core/net/dns_handles.h"

namespace acme {
namespace {

using Transport = DnsAnswering::Transport;

constexpr std::size_t kSmallestDatagram = 512;  // RFC 1035 section 4.2.1
// What passes without being split up on its way (DNS flag day 2020).
constexpr std::size_t kLargestDatagram = 1232;
constexpr std::size_t kLargestMessage = 65535;

// Seconds. Values come and go with the orders, and a resolver that was told of
// an absent one comes again for the next attempt.
constexpr std::uint32_t kTtl = 1;
constexpr std::uint32_t kNameServerTtl = 60;

std::size_t label_count(std::string_view name) noexcept {
  return static_cast<std::size_t>(std::count(name.begin(), name.end(), '.')) +
         1;
}

// One of DnsZones. A dot in a label separates nothing.
std::string name_of(const ldns_rdf& field) {
  const std::string_view wire(reinterpret_cast<const char*>(field._data),
                              field._size);
  std::string name;
  for (std::size_t at = 0; at < wire.size() && wire[at] != 0;) {
    const auto size = static_cast<unsigned char>(wire[at++]);
    name.append(name.empty() ? "" : ".");
    for (const char c : wire.substr(at, size)) {
      name += c == '.' ? '\0' : to_lower(c);
    }
    at += size;
  }
  return name;
}

// The size of the name that begins the question; 0 when it is none, or has a
// pointer, which has nothing before it to point at. Whoever follows pointers
// can be sent around in circles.
std::size_t question_name_size(std::span<const std::uint8_t> bytes) noexcept {
  for (std::size_t at = 0; at < bytes.size() && at < LDNS_MAX_DOMAINLEN;) {
    if (bytes[at] == 0) {
      return at + 1;
    }
    if (bytes[at] > LDNS_MAX_LABELLEN) {
      return 0;
    }
    at += bytes[at] + std::size_t{1};
  }
  return 0;
}

LdnsRecordPtr read_record(std::span<const std::uint8_t> message,
                          std::size_t& position, ldns_pkt_section section) {
  ldns_rr* record = nullptr;
  if (ldns_wire2rr(&record, message.data(), message.size(), &position,
                   section) != LDNS_STATUS_OK) {
    return nullptr;
  }
  return LdnsRecordPtr(record);
}

// A query has one question, and at most an OPT record (RFC 6891 section 6.1.1),
// which belongs to the root.
class Query {
 public:
  // nullopt: malformed.
  static std::optional<Query> read(std::span<const std::uint8_t> message) {
    if (LDNS_QDCOUNT(message.data()) != 1 ||
        LDNS_ANCOUNT(message.data()) != 0 ||
        LDNS_NSCOUNT(message.data()) != 0 || LDNS_ARCOUNT(message.data()) > 1 ||
        question_name_size(message.subspan(LDNS_HEADER_SIZE)) == 0) {
      return std::nullopt;
    }
    Query query;
    std::size_t position = LDNS_HEADER_SIZE;
    query.question_ = read_record(message, position, LDNS_SECTION_QUESTION);
    if (!query.question_) {
      return std::nullopt;
    }
    if (LDNS_ARCOUNT(message.data()) == 1) {
      if (position >= message.size() || message[position] != 0) {
        return std::nullopt;
      }
      query.edns_ = read_record(message, position, LDNS_SECTION_ADDITIONAL);
      if (!query.edns_ ||
          ldns_rr_get_type(query.edns_.get()) != LDNS_RR_TYPE_OPT) {
        return std::nullopt;
      }
    }
    return position == message.size() ? std::optional(std::move(query))
                                      : std::nullopt;
  }

  [[nodiscard]] const ldns_rr& question() const { return *question_; }
  [[nodiscard]] const ldns_rdf& name() const {
    return *ldns_rr_owner(question_.get());
  }
  [[nodiscard]] ldns_rr_type type() const {
    return ldns_rr_get_type(question_.get());
  }

  // Zones have records of the Internet, and neither transfers nor "any" (RFC
  // 6895 section 3.1).
  [[nodiscard]] bool is_for_records() const {
    return ldns_rr_get_class(question_.get()) == LDNS_RR_CLASS_IN &&
           type() != 0 && type() != LDNS_RR_TYPE_OPT &&
           (type() < 128 || type() > LDNS_RR_TYPE_ANY);
  }

  // RFC 6891 section 6.1.3, where an OPT record has what others have as class
  // and time to live.
  [[nodiscard]] bool has_edns() const noexcept { return edns_ != nullptr; }
  [[nodiscard]] unsigned edns_version() const {
    return ldns_rr_ttl(edns_.get()) >> 16 & 0xffU;
  }
  [[nodiscard]] bool wants_dnssec() const {
    return (ldns_rr_ttl(edns_.get()) & 0x8000U) != 0;
  }
  [[nodiscard]] std::size_t largest_datagram() const {
    return has_edns()
               ? std::clamp(
                     static_cast<std::size_t>(ldns_rr_get_class(edns_.get())),
                     kSmallestDatagram, kLargestDatagram)
               : kSmallestDatagram;
  }

 private:
  LdnsRecordPtr question_;
  LdnsRecordPtr edns_;
};

LdnsFieldPtr copy_of(const ldns_rdf& field) {
  return LdnsFieldPtr(require_ldns(ldns_rdf_clone(&field)));
}

LdnsFieldPtr number(std::uint32_t value) {
  return LdnsFieldPtr(
      require_ldns(ldns_native2rdf_int32(LDNS_RDF_TYPE_INT32, value)));
}

LdnsFieldPtr host_name(std::string_view name) {
  return LdnsFieldPtr(
      require_ldns(ldns_dname_new_frm_str(std::string(name).c_str())));
}

class Record {
 public:
  Record(const ldns_rdf& owner, ldns_rr_type type, std::uint32_t ttl)
      : record_(require_ldns(ldns_rr_new())) {
    ldns_rr_set_owner(record_.get(), copy_of(owner).release());
    ldns_rr_set_type(record_.get(), type);
    ldns_rr_set_class(record_.get(), LDNS_RR_CLASS_IN);
    ldns_rr_set_ttl(record_.get(), ttl);
  }

  Record& with(LdnsFieldPtr field) {
    if (!ldns_rr_push_rdf(record_.get(), field.get())) {
      throw std::bad_alloc();
    }
    static_cast<void>(field.release());
    return *this;
  }

  [[nodiscard]] LdnsRecordPtr take() { return std::move(record_); }

 private:
  LdnsRecordPtr record_;
};

// RFC 1035 section 3.3.14: strings of at most 255 bytes.
LdnsRecordPtr txt_record(const ldns_rdf& owner, std::string_view value) {
  constexpr std::size_t kLongest = 255;
  Record record(owner, LDNS_RR_TYPE_TXT, kTtl);
  do {
    const std::string_view part = value.substr(0, kLongest);
    const std::string text =
        static_cast<char>(static_cast<unsigned char>(part.size())) +
        std::string(part);
    record.with(LdnsFieldPtr(require_ldns(
        ldns_rdf_new_frm_data(LDNS_RDF_TYPE_STR, text.size(), text.data()))));
    value.remove_prefix(part.size());
  } while (!value.empty());
  return record.take();
}

// The last field says how long an absence is remembered (RFC 2308 section 4).
// The zone's name as that of its primary takes two bytes, and so most answers
// fit into twice the query. No mailbox: the root stands for none.
LdnsRecordPtr soa_record(const ldns_rdf& apex, std::uint32_t serial) {
  constexpr std::uint32_t kRefresh = 3600;
  constexpr std::uint32_t kRetry = 600;
  constexpr std::uint32_t kExpire = 86400;
  return Record(apex, LDNS_RR_TYPE_SOA, kTtl)
      .with(copy_of(apex))
      .with(host_name("."))
      .with(number(serial))
      .with(number(kRefresh))
      .with(number(kRetry))
      .with(number(kExpire))
      .with(number(kTtl))
      .take();
}

class Reply {
 public:
  Reply(std::span<const std::uint8_t> query, ldns_pkt_rcode rcode)
      : packet_(require_ldns(ldns_pkt_new())) {
    ldns_pkt_set_id(packet_.get(), LDNS_ID_WIRE(query.data()));
    ldns_pkt_set_qr(packet_.get(), true);
    ldns_pkt_set_opcode(packet_.get(), static_cast<ldns_pkt_opcode>(
                                           LDNS_OPCODE_WIRE(query.data())));
    ldns_pkt_set_rd(packet_.get(), LDNS_RD_WIRE(query.data()) != 0);
    ldns_pkt_set_rcode(packet_.get(), static_cast<std::uint8_t>(rcode));
  }

  // The question comes back as it was written, in upper and lower case: that is
  // how resolvers know who answers whom.
  Reply(std::span<const std::uint8_t> bytes, const Query& query,
        ldns_pkt_rcode rcode)
      : Reply(bytes, rcode) {
    push(LDNS_SECTION_QUESTION,
         LdnsRecordPtr(require_ldns(ldns_rr_clone(&query.question()))));
    if (query.has_edns()) {
      ldns_pkt_set_edns_udp_size(packet_.get(), kLargestDatagram);
      ldns_pkt_set_edns_do(packet_.get(), query.wants_dnssec());
    }
  }

  void set_authoritative() { ldns_pkt_set_aa(packet_.get(), true); }
  void set_truncated() { ldns_pkt_set_tc(packet_.get(), true); }
  void set_name_error() {
    ldns_pkt_set_rcode(packet_.get(), LDNS_RCODE_NXDOMAIN);
  }
  // 16, of which the upper bits stand in the OPT record.
  void set_bad_version() { ldns_pkt_set_edns_extended_rcode(packet_.get(), 1); }

  void push(ldns_pkt_section section, LdnsRecordPtr record) {
    if (!ldns_pkt_push_rr(packet_.get(), section, record.get())) {
      throw std::bad_alloc();
    }
    static_cast<void>(record.release());
  }

  [[nodiscard]] std::vector<std::uint8_t> bytes() const {
    std::uint8_t* data = nullptr;
    std::size_t size = 0;
    if (ldns_pkt2wire(&data, packet_.get(), &size) != LDNS_STATUS_OK) {
      throw std::bad_alloc();
    }
    const LdnsBytesPtr owner(data);
    return {data, data + size};
  }

 private:
  LdnsPacketPtr packet_;
};

std::vector<std::uint8_t> truncated(std::span<const std::uint8_t> bytes,
                                    const Query& query) {
  Reply reply(bytes, query, LDNS_RCODE_NOERROR);
  reply.set_truncated();
  return reply.bytes();
}

std::vector<std::uint8_t> answer_from_zone(std::span<const std::uint8_t> bytes,
                                           const Query& query,
                                           const DnsAnswering& how,
                                           const DnsZones& zones) {
  const std::string name = name_of(query.name());
  const std::optional<std::string_view> zone = zones.zone_of(name);
  if (!zone) {
    return Reply(bytes, query, LDNS_RCODE_REFUSED).bytes();
  }
  const bool is_apex = zone->size() == name.size();
  const LdnsFieldPtr apex(require_ldns(ldns_dname_clone_from(
      &query.name(),
      static_cast<std::uint16_t>(label_count(name) - label_count(*zone)))));
  const std::string_view server = zones.server_name();
  const DnsZones::Node node = zones.find(name);
  const bool has_txt = query.type() == LDNS_RR_TYPE_TXT && !node.txt.empty();

  Reply reply(bytes, query, LDNS_RCODE_NOERROR);
  reply.set_authoritative();
  if (has_txt) {
    for (const std::string& value : node.txt) {
      reply.push(LDNS_SECTION_ANSWER, txt_record(query.name(), value));
    }
  } else if (is_apex && query.type() == LDNS_RR_TYPE_SOA) {
    reply.push(LDNS_SECTION_ANSWER, soa_record(*apex, how.serial));
  } else if (is_apex && query.type() == LDNS_RR_TYPE_NS && !server.empty()) {
    reply.push(LDNS_SECTION_ANSWER,
               Record(*apex, LDNS_RR_TYPE_NS, kNameServerTtl)
                   .with(host_name(server))
                   .take());
  } else {
    if (!is_apex && !node.exists) {
      reply.set_name_error();
    }
    reply.push(LDNS_SECTION_AUTHORITY, soa_record(*apex, how.serial));
  }

  std::size_t limit = kLargestMessage;
  if (how.transport == Transport::kUdp) {
    limit = has_txt ? query.largest_datagram()
                    : std::min(query.largest_datagram(), 2 * bytes.size());
  }
  std::vector<std::uint8_t> answer = reply.bytes();
  return answer.size() <= limit ? answer : truncated(bytes, query);
}

}  // namespace

std::vector<std::uint8_t> answer_dns_query(std::span<const std::uint8_t> query,
                                           const DnsAnswering& how,
                                           const DnsZones& zones) {
  // To answer an answer would be a loop.
  if (query.size() < LDNS_HEADER_SIZE || query.size() > kLargestDnsQuery ||
      LDNS_QR_WIRE(query.data()) != 0) {
    return {};
  }
  if (LDNS_OPCODE_WIRE(query.data()) != LDNS_PACKET_QUERY) {
    return Reply(query, LDNS_RCODE_NOTIMPL).bytes();
  }
  const std::optional<Query> parsed = Query::read(query);
  if (!parsed) {
    return Reply(query, LDNS_RCODE_FORMERR).bytes();
  }
  if (parsed->has_edns() && parsed->edns_version() != 0) {
    Reply reply(query, *parsed, LDNS_RCODE_NOERROR);
    reply.set_bad_version();
    return reply.bytes();
  }
  if (!parsed->is_for_records()) {
    return Reply(query, *parsed, LDNS_RCODE_REFUSED).bytes();
  }
  if (how.only_truncated) {
    return truncated(query, *parsed);
  }
  return answer_from_zone(query, *parsed, how, zones);
}

}  // namespace acme
