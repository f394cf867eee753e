// SPDX-License-Identifier: BSD-2-Clause
// RFC 1034 and RFC 2136, as little of them as tests need, by ldns.
#include "tests/support/name_server_double.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <stdexcept>

#include "acme_core/net/dns_handles.h"
#include "acme_core/net/dns_message.h"

namespace acme {
namespace {

using Mood = NameServerDouble::Mood;

constexpr std::uint16_t kFudge = 300;
constexpr std::uint16_t kBadTime = 18;
constexpr std::uint8_t kNotAuth = 9;

LdnsRecordPtr parse_record(const std::string& text) {
  ldns_rr* record = nullptr;
  if (ldns_rr_new_frm_str(&record, text.c_str(), 0, nullptr, nullptr) !=
      LDNS_STATUS_OK) {
    throw std::invalid_argument(text);
  }
  return LdnsRecordPtr(record);
}

std::string text_of(const ldns_rdf* field) {
  return LdnsTextPtr(ldns_rdf2str(field)).get();
}

std::string text_of(const ldns_rr* record) {
  std::string text = LdnsTextPtr(ldns_rr2str(record)).get();
  text.pop_back();  // the end of the line
  return text;
}

// Of a TXT record, without its quotation marks.
std::string value_of(const ldns_rr* record) {
  std::string text;
  for (std::size_t i = 0; i < ldns_rr_rd_count(record); ++i) {
    const std::string part = text_of(ldns_rr_rdf(record, i));
    text += part.substr(1, part.size() - 2);
  }
  return text;
}

std::string to_wire(const ldns_pkt& packet) {
  std::uint8_t* bytes = nullptr;
  std::size_t size = 0;
  if (ldns_pkt2wire(&bytes, &packet, &size) != LDNS_STATUS_OK) {
    throw std::runtime_error("cannot write a DNS message");
  }
  const LdnsBytesPtr owner(bytes);
  return {reinterpret_cast<const char*>(bytes), size};
}

void set_rcode(ldns_pkt& reply, Mood mood) {
  switch (mood) {
    case Mood::kFailing:
      return ldns_pkt_set_rcode(&reply, LDNS_RCODE_SERVFAIL);
    case Mood::kRefusing:
      return ldns_pkt_set_rcode(&reply, LDNS_RCODE_REFUSED);
    default:
      return;
  }
}

// What it says to updates alone.
void set_update_rcode(ldns_pkt& reply, Mood mood) {
  switch (mood) {
    case Mood::kRefusesKey:
    case Mood::kRefusesSignature:
    case Mood::kRefusesTime:
    case Mood::kRefusesZone:
      return ldns_pkt_set_rcode(&reply, kNotAuth);
    case Mood::kRefusesName:
      return ldns_pkt_set_rcode(&reply, LDNS_RCODE_NOTZONE);
    case Mood::kRefusesUpdates:
      return ldns_pkt_set_rcode(&reply, LDNS_RCODE_NOTIMPL);
    default:
      return;
  }
}

std::uint16_t tsig_error(Mood mood) {
  switch (mood) {
    case Mood::kRefusesSignature:
      return 16;
    case Mood::kRefusesKey:
      return 17;
    case Mood::kRefusesTime:
      return kBadTime;
    default:
      return 0;
  }
}

// RFC 8945 section 5.3.2: an answer to a signature that cannot be checked says
// so without one.
void set_tsig_error(ldns_pkt& reply, std::uint16_t error) {
  ldns_rr* record = ldns_pkt_tsig(&reply);
  ldns_rdf_deep_free(ldns_rr_set_rdf(
      record, ldns_native2rdf_int16(LDNS_RDF_TYPE_INT16, error), 5));
  const std::uint16_t none = 0;
  ldns_rdf_deep_free(ldns_rr_set_rdf(
      record,
      ldns_rdf_new_frm_data(LDNS_RDF_TYPE_INT16_DATA, sizeof(none), &none), 3));
}

}  // namespace

NameServerDouble::NameServerDouble(const std::vector<std::string>& zones)
    : sockets_([this](const std::string& query, bool is_stream) {
        return answer(query, is_stream);
      }) {
  for (const std::string& zone : zones) {
    add(zone + " 60 IN SOA ns1." + zone + " mail." + zone + " 1 60 60 60 60");
  }
}

void NameServerDouble::set_key(std::string name, std::string algorithm,
                               std::string secret) {
  const std::lock_guard lock(mutex_);
  key_name_ = std::move(name);
  key_algorithm_ = std::move(algorithm);
  key_secret_ = std::move(secret);
}

void NameServerDouble::add(const std::string& record) {
  const std::lock_guard lock(mutex_);
  records_.push_back(text_of(parse_record(record).get()));
}

std::vector<std::string> NameServerDouble::texts(
    const std::string& name) const {
  const std::lock_guard lock(mutex_);
  std::vector<std::string> values;
  for (const std::string& text : records_) {
    const LdnsRecordPtr record = parse_record(text);
    if (ldns_rr_get_type(record.get()) == LDNS_RR_TYPE_TXT &&
        text_of(ldns_rr_owner(record.get())) == name) {
      values.push_back(value_of(record.get()));
    }
  }
  return values;
}

std::vector<std::string> NameServerDouble::updates() const {
  const std::lock_guard lock(mutex_);
  return updates_;
}

std::string NameServerDouble::answer(const std::string& query, bool is_stream) {
  const Mood mood = mood_;
  ldns_pkt* parsed = nullptr;
  const bool is_valid =
      ldns_wire2pkt(&parsed,
                    reinterpret_cast<const std::uint8_t*>(query.data()),
                    query.size()) == LDNS_STATUS_OK;
  const LdnsPacketPtr asked(is_valid ? parsed : nullptr);
  std::string bytes;
  if (asked && mood == Mood::kBabbles) {
    bytes = "this is no DNS message at all";
  } else if (asked && mood != Mood::kSilent &&
             !(mood == Mood::kClosesStreams && is_stream)) {
    const LdnsPacketPtr reply(ldns_pkt_new());
    ldns_pkt_set_id(reply.get(), ldns_pkt_id(asked.get()));
    ldns_pkt_set_qr(reply.get(), true);
    ldns_pkt_set_opcode(reply.get(), ldns_pkt_get_opcode(asked.get()));
    ldns_pkt_set_aa(reply.get(), mood != Mood::kLacksAuthority);
    if (ldns_pkt_qdcount(asked.get()) == 1) {
      ldns_pkt_push_rr(
          reply.get(), LDNS_SECTION_QUESTION,
          ldns_rr_clone(ldns_rr_list_rr(ldns_pkt_question(asked.get()), 0)));
    }
    set_rcode(*reply, mood);
    const std::lock_guard lock(mutex_);
    if ((mood == Mood::kTruncates || mood == Mood::kClosesStreams) &&
        !is_stream) {
      ldns_pkt_set_tc(reply.get(), true);
    } else if (ldns_pkt_get_opcode(asked.get()) == LDNS_PACKET_UPDATE) {
      EXPECT_TRUE(ldns_pkt_tsig_verify(
          asked.get(), reinterpret_cast<const std::uint8_t*>(query.data()),
          query.size(), key_name_.c_str(), key_secret_.c_str(), nullptr));
      set_update_rcode(*reply, mood);
      if (ldns_pkt_get_rcode(reply.get()) == LDNS_RCODE_NOERROR) {
        apply_update(*asked);
      }
      sign(*asked, *reply);
    } else if (ldns_pkt_get_rcode(reply.get()) == LDNS_RCODE_NOERROR) {
      answer_question(*asked, *reply);
    }
    bytes = to_wire(*reply);
    if (mood == Mood::kForges && questions_ % 3 != 2) {
      // The first two answers do not belong to the question.
      ldns_pkt_set_id(reply.get(),
                      static_cast<std::uint16_t>(ldns_pkt_id(asked.get()) + 1));
      bytes = to_wire(*reply);
    }
  }
  ++questions_;
  questions_.notify_all();
  return bytes;
}

void NameServerDouble::answer_question(const ldns_struct_pkt& query,
                                       ldns_struct_pkt& reply) {
  const ldns_rr* question = ldns_rr_list_rr(ldns_pkt_question(&query), 0);
  const std::string name =
      canonical_name(text_of(ldns_rr_owner(question))).value();
  const ldns_rr_type type = ldns_rr_get_type(question);
  bool exists = false;
  std::string zone;
  LdnsRecordPtr soa;
  for (const std::string& text : records_) {
    LdnsRecordPtr record = parse_record(text);
    const std::string owner = text_of(ldns_rr_owner(record.get()));
    const ldns_rr_type its_type = ldns_rr_get_type(record.get());
    exists = exists || owner == name;
    if (owner == name && (its_type == type || its_type == LDNS_RR_TYPE_CNAME)) {
      ldns_pkt_push_rr(&reply, LDNS_SECTION_ANSWER,
                       ldns_rr_clone(record.get()));
    }
    if (its_type == LDNS_RR_TYPE_SOA && owner.size() > zone.size() &&
        (name == owner || name.ends_with("." + owner))) {
      zone = owner;
      soa = std::move(record);
    }
  }
  if (!soa) {
    ldns_pkt_set_rcode(&reply, LDNS_RCODE_REFUSED);
    ldns_pkt_set_aa(&reply, false);
  } else if (ldns_pkt_ancount(&reply) == 0) {
    ldns_pkt_set_rcode(&reply,
                       exists ? LDNS_RCODE_NOERROR : LDNS_RCODE_NXDOMAIN);
    ldns_pkt_push_rr(&reply, LDNS_SECTION_AUTHORITY, soa.release());
  }
}

void NameServerDouble::apply_update(const ldns_struct_pkt& query) {
  const ldns_rr_list* changes = ldns_pkt_authority(&query);
  for (std::size_t i = 0; i < ldns_rr_list_rr_count(changes); ++i) {
    const ldns_rr* change = ldns_rr_list_rr(changes, i);
    const std::string name = text_of(ldns_rr_owner(change));
    const std::string value = value_of(change);
    const std::string record = name + "\t60\tIN\tTXT\t\"" + value + "\"";
    std::erase(records_, record);
    if (ldns_rr_get_class(change) == LDNS_RR_CLASS_IN) {
      records_.push_back(record);
      updates_.push_back("+ " + name + " " +
                         std::to_string(ldns_rr_ttl(change)) + " " + value);
    } else {
      EXPECT_EQ(ldns_rr_get_class(change), LDNS_RR_CLASS_NONE);
      EXPECT_EQ(ldns_rr_ttl(change), 0U);
      updates_.push_back("- " + name + " " + value);
    }
  }
}

void NameServerDouble::sign(const ldns_struct_pkt& query,
                            ldns_struct_pkt& reply) {
  if (mood_ == Mood::kSignsNothing) {
    return;
  }
  const std::string secret =
      mood_ == Mood::kForgesSignatures ? "AAAA" + key_secret_ : key_secret_;
  const ldns_rdf* digest = ldns_rr_rdf(ldns_pkt_tsig(&query), 3);
  if (ldns_pkt_tsig_sign(&reply, key_name_.c_str(), secret.c_str(), kFudge,
                         key_algorithm_.c_str(), digest) != LDNS_STATUS_OK) {
    throw std::runtime_error("cannot sign a DNS message");
  }
  if (const std::uint16_t error = tsig_error(mood_); error != 0) {
    set_tsig_error(reply, error);
  }
}

}  // namespace acme
