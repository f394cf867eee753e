// SPDX-License-Identifier: BSD-2-Clause
// From and to ldns's packets.
#include "acme_core/net/dns_message.h"

#include <algorithm>
#include <utility>

#include "acme_core/ascii.h"
#include "acme_core/error.h"
#include "acme_core/net/dns_handles.h"

namespace acme {
namespace {

// What an answer over UDP may measure without being split up on the way (the
// recommendation of DNS flag day 2020).
constexpr std::uint16_t kLargestDatagram = 1232;

LdnsPacketPtr parse(std::span<const std::uint8_t> message) {
  ldns_pkt* packet = nullptr;
  if (ldns_wire2pkt(&packet, message.data(), message.size()) !=
      LDNS_STATUS_OK) {
    return nullptr;
  }
  return LdnsPacketPtr(packet);
}

std::string text_of(const ldns_rdf* field) {
  const LdnsTextPtr text(field == nullptr ? nullptr : ldns_rdf2str(field));
  return text ? text.get() : std::string();
}

std::string name_of(const ldns_rdf* field) { return lowered(text_of(field)); }

// RFC 1035 section 3.3.14: one or more strings of at most 255 bytes, which
// stand for the text that they make together.
std::string joined_strings(const ldns_rr& record) {
  std::string text;
  for (std::size_t i = 0; i < ldns_rr_rd_count(&record); ++i) {
    const ldns_rdf* field = ldns_rr_rdf(&record, i);
    if (ldns_rdf_size(field) > 0) {
      text.append(reinterpret_cast<const char*>(ldns_rdf_data(field)) + 1,
                  ldns_rdf_size(field) - 1);
    }
  }
  return text;
}

std::optional<DnsAnswer> answer_of(const ldns_rr& record) {
  DnsAnswer answer{name_of(ldns_rr_owner(&record)), {}, {}};
  const ldns_rdf* first =
      ldns_rr_rd_count(&record) == 0 ? nullptr : ldns_rr_rdf(&record, 0);
  switch (ldns_rr_get_type(&record)) {
    case LDNS_RR_TYPE_A:
    case LDNS_RR_TYPE_AAAA:
      answer.value = text_of(first);
      break;
    case LDNS_RR_TYPE_NS:
    case LDNS_RR_TYPE_CNAME:
      answer.value = name_of(first);
      break;
    case LDNS_RR_TYPE_TXT:
      answer.value = joined_strings(record);
      break;
    case LDNS_RR_TYPE_SOA:
      break;
    default:
      return std::nullopt;
  }
  answer.type = static_cast<DnsType>(ldns_rr_get_type(&record));
  return answer;
}

std::vector<DnsAnswer> answers_of(const ldns_rr_list* section) {
  std::vector<DnsAnswer> answers;
  for (std::size_t i = 0; i < ldns_rr_list_rr_count(section); ++i) {
    const ldns_rr* record = ldns_rr_list_rr(section, i);
    if (ldns_rr_get_class(record) != LDNS_RR_CLASS_IN) {
      continue;
    }
    if (auto answer = answer_of(*record)) {
      answers.push_back(std::move(*answer));
    }
  }
  return answers;
}

LdnsFieldPtr parse_name(std::string_view name) {
  return LdnsFieldPtr(ldns_dname_new_frm_str(std::string(name).c_str()));
}

bool same_question(const ldns_pkt& request, const ldns_pkt& reply) {
  const ldns_rr_list* asked = ldns_pkt_question(&request);
  const ldns_rr_list* answered = ldns_pkt_question(&reply);
  if (ldns_rr_list_rr_count(asked) != 1 ||
      ldns_rr_list_rr_count(answered) != 1) {
    return false;
  }
  const ldns_rr* one = ldns_rr_list_rr(asked, 0);
  const ldns_rr* other = ldns_rr_list_rr(answered, 0);
  return ldns_rr_get_type(one) == ldns_rr_get_type(other) &&
         ldns_rr_get_class(one) == ldns_rr_get_class(other) &&
         name_of(ldns_rr_owner(one)) == name_of(ldns_rr_owner(other));
}

}  // namespace

std::string to_string(DnsRcode rcode) {
  switch (rcode) {
    case DnsRcode::kNoError:
      return "NOERROR";
    case DnsRcode::kFormErr:
      return "FORMERR";
    case DnsRcode::kServFail:
      return "SERVFAIL";
    case DnsRcode::kNxDomain:
      return "NXDOMAIN";
    case DnsRcode::kNotImp:
      return "NOTIMP";
    case DnsRcode::kRefused:
      return "REFUSED";
    case DnsRcode::kNotAuth:
      return "NOTAUTH";
    case DnsRcode::kNotZone:
      return "NOTZONE";
    case DnsRcode::kBadSig:
      return "BADSIG";
    case DnsRcode::kBadKey:
      return "BADKEY";
    case DnsRcode::kBadTime:
      return "BADTIME";
  }
  return "code " + std::to_string(static_cast<unsigned>(rcode));
}

std::optional<std::string> canonical_name(std::string_view name) {
  const LdnsFieldPtr parsed = name.empty() ? nullptr : parse_name(name);
  std::string text = name_of(parsed.get());
  return text.empty() ? std::nullopt : std::optional(std::move(text));
}

bool is_at_or_below(std::string_view name, std::string_view ancestor) noexcept {
  if (ancestor == "." || name == ancestor) {
    return true;
  }
  return name.ends_with(ancestor) &&
         name[name.size() - ancestor.size() - 1] == '.';
}

std::string_view parent_name(std::string_view name) noexcept {
  for (std::size_t i = 0; i < name.size(); ++i) {
    if (name[i] == '\\') {
      ++i;
    } else if (name[i] == '.') {
      return name.size() == 1      ? std::string_view()
             : i + 1 < name.size() ? name.substr(i + 1)
                                   : std::string_view(".");
    }
  }
  return {};
}

std::vector<std::uint8_t> write_question(const DnsQuestion& question,
                                         std::uint16_t id) {
  LdnsFieldPtr name = dns_name_field(question.name);
  const LdnsPacketPtr packet(require_ldns(ldns_pkt_query_new(
      name.release(), static_cast<ldns_rr_type>(question.type),
      LDNS_RR_CLASS_IN, question.recursion_desired ? LDNS_RD : 0)));
  ldns_pkt_set_id(packet.get(), id);
  ldns_pkt_set_edns_udp_size(packet.get(), kLargestDatagram);
  ldns_pkt_set_ad(packet.get(), question.authentic_data);
  ldns_pkt_set_cd(packet.get(), question.checking_disabled);
  std::uint8_t* bytes = nullptr;
  std::size_t size = 0;
  if (ldns_pkt2wire(&bytes, packet.get(), &size) != LDNS_STATUS_OK) {
    throw std::bad_alloc();
  }
  const LdnsBytesPtr owner(bytes);
  return {bytes, bytes + size};
}

std::optional<DnsReply> read_reply(std::span<const std::uint8_t> message) {
  const LdnsPacketPtr packet = parse(message);
  if (!packet || !ldns_pkt_qr(packet.get())) {
    return std::nullopt;
  }
  // RFC 6891 section 6.1.3: the upper bits are in the OPT record.
  const unsigned rcode =
      ldns_pkt_get_rcode(packet.get()) +
      (static_cast<unsigned>(ldns_pkt_edns_extended_rcode(packet.get())) << 4);
  return DnsReply{static_cast<DnsRcode>(rcode), ldns_pkt_aa(packet.get()),
                  ldns_pkt_tc(packet.get()),
                  answers_of(ldns_pkt_answer(packet.get())),
                  answers_of(ldns_pkt_authority(packet.get()))};
}

bool is_reply_to(std::span<const std::uint8_t> request,
                 std::span<const std::uint8_t> reply) {
  const LdnsPacketPtr asked = parse(request);
  const LdnsPacketPtr answered = parse(reply);
  if (!asked || !answered || !ldns_pkt_qr(answered.get()) ||
      ldns_pkt_id(asked.get()) != ldns_pkt_id(answered.get()) ||
      ldns_pkt_get_opcode(asked.get()) != ldns_pkt_get_opcode(answered.get())) {
    return false;
  }
  const bool may_be_bare =
      ldns_pkt_get_opcode(asked.get()) == LDNS_PACKET_UPDATE ||
      ldns_pkt_get_rcode(answered.get()) != LDNS_RCODE_NOERROR;
  return (may_be_bare && ldns_pkt_qdcount(answered.get()) == 0) ||
         same_question(*asked, *answered);
}

}  // namespace acme
