// SPDX-License-Identifier: BSD-2-Clause
// RFC 8945 section 4.3: what is digested.
#include "acme_core/net/dns_tsig.h"

#include <algorithm>
#include <array>
#include <optional>

#include "acme_core/crypto/digest.h"
#include "acme_core/error.h"
#include "acme_core/net/dns_handles.h"

namespace acme {
namespace {

using std::chrono::duration_cast;
using std::chrono::seconds;

// Section 10: how far the clocks of both sides may be apart.
constexpr seconds kFudge{300};

// The fields of a TSIG record (section 4.2).
enum Field : std::size_t {
  kAlgorithm,
  kTimeSigned,
  kFudgeField,
  kDigest,
  kOriginalId,
  kErrorField,
  kOtherData,
  kFieldCount,
};

std::optional<HmacHash> hash_of(const std::string& algorithm) {
  constexpr std::array<std::pair<std::string_view, HmacHash>, 3> kHashes{
      {{"hmac-sha256", HmacHash::kSha256},
       {"hmac-sha384", HmacHash::kSha384},
       {"hmac-sha512", HmacHash::kSha512}}};
  const auto found =
      std::find_if(kHashes.begin(), kHashes.end(),
                   [&](const auto& hash) { return hash.first == algorithm; });
  return found == kHashes.end() ? std::nullopt : std::optional(found->second);
}

LdnsFieldPtr key_name_field(const std::string& name) {
  LdnsFieldPtr field(ldns_dname_new_frm_str(name.c_str()));
  if (!field) {
    throw Error(ErrorKind::kConfiguration,
                "\"" + name + "\" cannot be the name of a key");
  }
  ldns_dname2canonical(field.get());
  return field;
}

void push(ldns_rr& record, ldns_rdf* field) {
  ldns_rr_push_rdf(&record, require_ldns(field));
}

// Two bytes of length, and the data.
ldns_rdf* data_field(std::span<const std::uint8_t> data) {
  std::vector<std::uint8_t> bytes(2);
  ldns_write_uint16(bytes.data(), static_cast<std::uint16_t>(data.size()));
  bytes.insert(bytes.end(), data.begin(), data.end());
  return require_ldns(ldns_rdf_new_frm_data(LDNS_RDF_TYPE_INT16_DATA,
                                            bytes.size(), bytes.data()));
}

void push_16(ldns_rr& record, std::uint16_t number) {
  push(record, ldns_native2rdf_int16(LDNS_RDF_TYPE_INT16, number));
}

std::uint64_t seconds_since_1970(TimePoint time) {
  return static_cast<std::uint64_t>(
      duration_cast<seconds>(time.time_since_epoch()).count());
}

// The record but for its digest, which follows at kDigest.
LdnsRecordPtr unsigned_record(const TsigKey& key, TimePoint now) {
  LdnsRecordPtr record(require_ldns(ldns_rr_new()));
  ldns_rr_set_owner(record.get(), key_name_field(key.name).release());
  ldns_rr_set_type(record.get(), LDNS_RR_TYPE_TSIG);
  ldns_rr_set_class(record.get(), LDNS_RR_CLASS_ANY);
  ldns_rr_set_ttl(record.get(), 0);
  std::array<std::uint8_t, 6> time{};
  ldns_write_uint64_as_uint48(time.data(), seconds_since_1970(now));
  push(*record, key_name_field(key.algorithm).release());
  push(*record,
       ldns_rdf_new_frm_data(LDNS_RDF_TYPE_TSIGTIME, time.size(), time.data()));
  push_16(*record, static_cast<std::uint16_t>(kFudge.count()));
  return record;
}

void write_bytes(ldns_buffer& buffer, std::span<const std::uint8_t> bytes) {
  if (!ldns_buffer_reserve(&buffer, bytes.size())) {
    throw std::bad_alloc();
  }
  ldns_buffer_write(&buffer, bytes.data(), bytes.size());
}

void write_field(ldns_buffer& buffer, const ldns_rdf* field) {
  if (ldns_rdf2buffer_wire(&buffer, field) != LDNS_STATUS_OK) {
    throw std::bad_alloc();
  }
}

// Section 4.3: the request's digest, when an answer is signed; the message; the
// signature's own variables. `record` has its names in canonical form.
std::vector<std::uint8_t> digest_of(
    const TsigKey& key, std::span<const std::uint8_t> request_digest,
    std::span<const std::uint8_t> message, const ldns_rr& record) {
  const LdnsBufferPtr buffer(require_ldns(ldns_buffer_new(
      message.size() + LDNS_MAX_DOMAINLEN + request_digest.size())));
  if (!request_digest.empty()) {
    std::array<std::uint8_t, 2> size{};
    ldns_write_uint16(size.data(),
                      static_cast<std::uint16_t>(request_digest.size()));
    write_bytes(*buffer, size);
    write_bytes(*buffer, request_digest);
  }
  write_bytes(*buffer, message);
  write_field(*buffer, ldns_rr_owner(&record));
  std::array<std::uint8_t, 6> class_and_ttl{};
  ldns_write_uint16(class_and_ttl.data(), LDNS_RR_CLASS_ANY);
  write_bytes(*buffer, class_and_ttl);
  for (const Field field :
       {kAlgorithm, kTimeSigned, kFudgeField, kErrorField, kOtherData}) {
    write_field(*buffer, ldns_rr_rdf(&record, field));
  }
  return hmac(hash_of(key.algorithm).value(), key.secret,
              {reinterpret_cast<const char*>(ldns_buffer_begin(buffer.get())),
               ldns_buffer_position(buffer.get())});
}

// Section 5.3.1: the message as it was before its last record, the signature,
// was added. Empty when it is malformed.
std::vector<std::uint8_t> without_signature(
    std::span<const std::uint8_t> message, std::uint16_t original_id) {
  const std::array<std::pair<unsigned, ldns_pkt_section>, 4> sections{
      {{LDNS_QDCOUNT(message.data()), LDNS_SECTION_QUESTION},
       {LDNS_ANCOUNT(message.data()), LDNS_SECTION_ANSWER},
       {LDNS_NSCOUNT(message.data()), LDNS_SECTION_AUTHORITY},
       {LDNS_ARCOUNT(message.data()) - 1U, LDNS_SECTION_ADDITIONAL}}};
  std::size_t end = LDNS_HEADER_SIZE;
  for (const auto& [count, section] : sections) {
    for (unsigned i = 0; i < count; ++i) {
      ldns_rr* record = nullptr;
      if (ldns_wire2rr(&record, message.data(), message.size(), &end,
                       section) != LDNS_STATUS_OK) {
        return {};
      }
      ldns_rr_free(record);
    }
  }
  std::vector<std::uint8_t> bare(
      message.begin(), message.begin() + static_cast<std::ptrdiff_t>(end));
  ldns_write_uint16(bare.data(), original_id);
  ldns_write_uint16(
      bare.data() + LDNS_ARCOUNT_OFF,
      static_cast<std::uint16_t>(LDNS_ARCOUNT(message.data()) - 1U));
  return bare;
}

std::uint16_t number_of(const ldns_rr& record, Field field) {
  return ldns_rdf2native_int16(ldns_rr_rdf(&record, field));
}

bool same_name(const ldns_rdf* field, const std::string& name) {
  return ldns_dname_compare(field, key_name_field(name).get()) == 0;
}

// Section 5.2.3.
bool is_timely(const ldns_rr& record, TimePoint now) {
  const std::uint8_t* bytes = ldns_rdf_data(ldns_rr_rdf(&record, kTimeSigned));
  std::uint64_t time = 0;
  for (std::size_t i = 0; i < 6; ++i) {
    time = time << 8 | bytes[i];
  }
  const std::uint64_t current = seconds_since_1970(now);
  return (time > current ? time - current : current - time) <=
         number_of(record, kFudgeField);
}

}  // namespace

void require_usable(const TsigKey& key) {
  static_cast<void>(key_name_field(key.name));
  if (!hash_of(key.algorithm)) {
    throw Error(ErrorKind::kConfiguration,
                "the key \"" + key.name + "\" has the algorithm \"" +
                    key.algorithm +
                    "\"; hmac-sha256, hmac-sha384 or hmac-sha512 is needed");
  }
}

std::vector<std::uint8_t> sign_dns(ldns_struct_pkt& packet, const TsigKey& key,
                                   TimePoint now) {
  std::uint8_t* bytes = nullptr;
  std::size_t size = 0;
  if (ldns_pkt2wire(&bytes, &packet, &size) != LDNS_STATUS_OK) {
    throw std::bad_alloc();
  }
  const LdnsBytesPtr owner(bytes);
  LdnsRecordPtr record = unsigned_record(key, now);
  // Takes the digest's place until it is known.
  push(*record, data_field({}));
  push_16(*record, ldns_pkt_id(&packet));
  push_16(*record, 0);
  push(*record, data_field({}));
  std::vector<std::uint8_t> digest =
      digest_of(key, {}, {bytes, bytes + size}, *record);
  ldns_rdf_deep_free(
      ldns_rr_set_rdf(record.get(), data_field(digest), kDigest));
  ldns_pkt_set_tsig(&packet, record.release());
  return digest;
}

TsigVerdict verify_dns(std::span<const std::uint8_t> message,
                       const TsigKey& key,
                       std::span<const std::uint8_t> request_digest,
                       TimePoint now) {
  ldns_pkt* parsed = nullptr;
  if (ldns_wire2pkt(&parsed, message.data(), message.size()) !=
      LDNS_STATUS_OK) {
    return {};
  }
  const LdnsPacketPtr packet(parsed);
  ldns_rr* record = ldns_pkt_tsig(packet.get());
  if (record == nullptr || ldns_rr_rd_count(record) != kFieldCount) {
    return {};
  }
  TsigVerdict verdict{false,
                      static_cast<DnsRcode>(number_of(*record, kErrorField))};
  if (!same_name(ldns_rr_owner(record), key.name) ||
      !same_name(ldns_rr_rdf(record, kAlgorithm), key.algorithm)) {
    return verdict;
  }
  ldns_dname2canonical(ldns_rr_owner(record));
  ldns_dname2canonical(ldns_rr_rdf(record, kAlgorithm));
  const std::vector<std::uint8_t> bare =
      without_signature(message, number_of(*record, kOriginalId));
  if (bare.empty()) {
    return verdict;
  }
  const std::vector<std::uint8_t> expected =
      digest_of(key, request_digest, bare, *record);
  const ldns_rdf* digest = ldns_rr_rdf(record, kDigest);
  const std::span<const std::uint8_t> found(ldns_rdf_data(digest) + 2,
                                            ldns_rdf_size(digest) - 2);
  verdict.is_authentic =
      are_same_secret(expected, found) && is_timely(*record, now);
  return verdict;
}

}  // namespace acme
