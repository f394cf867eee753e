// SPDX-License-Identifier: BSD-2-Clause
// Names of managed certificates.
#include "acme_core/engine/plan.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdint>
#include <map>
#include <string_view>

#include "acme_core/crypto/digest.h"
#include "acme_core/engine/challenge_choice.h"

namespace acme {
namespace {

// The official module hashes its Rust value with SipHash-2-4 and a zero key.
// Rust feeds the hasher: the length of the list; per identifier the variant's
// number and the text, closed by 0xff; the key's variant and its size. Integers
// are little endian, 64 bits wide but for the key's size.
class RustHashInput {
 public:
  void put_u64(std::uint64_t value) { put(value, 8); }
  void put_u32(std::uint32_t value) { put(value, 4); }
  void put_text(std::string_view text) {
    bytes_.insert(bytes_.end(), text.begin(), text.end());
    bytes_.push_back(0xff);
  }
  [[nodiscard]] std::uint64_t hash() const { return siphash24(bytes_); }

 private:
  void put(std::uint64_t value, unsigned width) {
    for (unsigned i = 0; i < width; ++i) {
      bytes_.push_back(static_cast<std::uint8_t>(value >> (8 * i)));
    }
  }

  std::vector<std::uint8_t> bytes_;
};

std::uint64_t identity_hash(const CertificateSpec& spec) {
  const std::vector<Identifier>& list =
      spec.as_written.empty() ? spec.identifiers : spec.as_written;
  RustHashInput input;
  input.put_u64(list.size());
  for (const Identifier& identifier : list) {
    input.put_u64(identifier.type == Identifier::Type::kDns ? 0 : 1);
    input.put_text(identifier.value);
  }
  input.put_u64(is_ecdsa(spec.key_type) ? 0 : 1);
  input.put_u32(key_bits(spec.key_type));
  return input.hash();
}

}  // namespace

const std::string& CertificateSpec::name() const {
  const auto dns = std::find_if(
      identifiers.begin(), identifiers.end(), [](const Identifier& identifier) {
        return identifier.type == Identifier::Type::kDns;
      });
  return dns != identifiers.end() ? dns->value : identifiers.front().value;
}

CertificateSpec CertificateSpec::without(
    const std::vector<std::string>& names) const {
  CertificateSpec rest = *this;
  rest.stored_as = storage_name();
  const auto is_left_out = [&](const Identifier& identifier) {
    return std::find(names.begin(), names.end(), identifier.value) !=
           names.end();
  };
  std::erase_if(rest.identifiers, is_left_out);
  std::erase_if(rest.implied, is_left_out);
  return rest;
}

std::string CertificateSpec::storage_name() const {
  if (!stored_as.empty()) {
    return stored_as;
  }
  // An asterisk is a shell's, and one in a script removes more than its file.
  constexpr std::string_view kAsterisk = "_wildcard";
  std::string name = former_storage_name();
  return name.front() == '*' ? name.replace(0, 1, kAsterisk) : name;
}

std::string CertificateSpec::former_storage_name() const {
  // 64 bits in hexadecimal, without leading zeros.
  std::array<char, 16> hex{};
  const auto end = std::to_chars(hex.data(), hex.data() + hex.size(),
                                 identity_hash(*this), 16);
  // File systems take 255 bytes, and suffixes have to fit.
  constexpr std::size_t kLongestName = 200;
  return name().substr(0, kLongestName) + "-" +
         std::string(hex.data(), end.ptr);
}

std::string quoted(const CertificateSpec& certificate,
                   const std::string& distinction) {
  return "\"" + certificate.name() + "\"" +
         (distinction.empty() ? distinction : " (" + distinction + ")");
}

bool Plan::uses(ChallengeType challenge) const {
  const auto is_tried = [&](const CertificateSpec& certificate) {
    return std::any_of(
        certificate.issuers.begin(), certificate.issuers.end(),
        [&](std::size_t issuer) {
          return std::any_of(
              certificate.identifiers.begin(), certificate.identifiers.end(),
              [&](const Identifier& identifier) {
                const auto types = challenge_candidates(
                    issuers[issuer], certificate, identifier, listeners);
                return std::find(types.begin(), types.end(), challenge) !=
                       types.end();
              });
        });
  };
  return std::any_of(certificates.begin(), certificates.end(), is_tried);
}

std::vector<std::string> Plan::distinctions() const {
  std::map<std::string, std::map<KeyType, std::size_t>> known;
  for (const CertificateSpec& spec : certificates) {
    ++known[spec.name()][spec.key_type];
  }
  std::vector<std::string> texts;
  for (const CertificateSpec& spec : certificates) {
    const auto& key_types = known[spec.name()];
    texts.push_back(key_types.at(spec.key_type) > 1 ? spec.storage_name()
                    : key_types.size() > 1
                        ? std::string(to_string(spec.key_type))
                        : std::string());
  }
  return texts;
}

std::vector<std::string> Plan::same_names(std::size_t certificate) const {
  const CertificateSpec& spec = certificates[certificate];
  std::vector<std::string> names;
  for (const CertificateSpec& other : certificates) {
    if (&other != &spec &&
        std::is_permutation(other.identifiers.begin(), other.identifiers.end(),
                            spec.identifiers.begin(), spec.identifiers.end())) {
      names.push_back(other.storage_name());
    }
  }
  return names;
}

}  // namespace acme
