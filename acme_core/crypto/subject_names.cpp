// SPDX-License-Identifier: BSD-2-Clause
// Identifiers as X.509 writes them.
#include "acme_core/crypto/subject_names.h"

#include <arpa/inet.h>

#include <algorithm>
#include <array>

namespace acme {
namespace {

Error cannot_write_name() { return openssl_error("cannot write a name"); }

// dNSName as text, iPAddress as 4 or 16 bytes.
struct NameContent {
  int general_name;
  int asn1_type;
  std::string bytes;
};

NameContent content_of(const Identifier& identifier) {
  if (identifier.type == Identifier::Type::kDns) {
    return {GEN_DNS, V_ASN1_IA5STRING, identifier.value};
  }
  const bool is_v6 = identifier.value.find(':') != std::string::npos;
  std::array<char, 16> address{};
  if (inet_pton(is_v6 ? AF_INET6 : AF_INET, identifier.value.c_str(),
                address.data()) != 1) {
    throw Error(ErrorKind::kConfiguration,
                "\"" + identifier.value + "\" is not an IP address");
  }
  return {GEN_IPADD, V_ASN1_OCTET_STRING,
          std::string(address.data(), is_v6 ? 16 : 4)};
}

void append(GENERAL_NAMES& names, const Identifier& identifier) {
  const NameContent content = content_of(identifier);
  Asn1StringPtr value(ASN1_STRING_type_new(content.asn1_type));
  GeneralNamePtr name(GENERAL_NAME_new());
  if (!value || !name ||
      ASN1_STRING_set(value.get(), content.bytes.data(),
                      static_cast<int>(content.bytes.size())) != 1) {
    throw cannot_write_name();
  }
  GENERAL_NAME_set0_value(name.get(), content.general_name, value.release());
  if (sk_GENERAL_NAME_push(&names, name.get()) <= 0) {
    throw cannot_write_name();
  }
  static_cast<void>(name.release());  // the stack owns it now
}

}  // namespace

GeneralNamesPtr make_general_names(std::span<const Identifier> identifiers) {
  GeneralNamesPtr names(sk_GENERAL_NAME_new_null());
  if (!names) {
    throw cannot_write_name();
  }
  for (const Identifier& identifier : identifiers) {
    append(*names, identifier);
  }
  return names;
}

std::string common_name_for(std::span<const Identifier> identifiers) {
  if (identifiers.empty()) {
    return {};
  }
  const auto dns = std::find_if(
      identifiers.begin(), identifiers.end(), [](const Identifier& identifier) {
        return identifier.type == Identifier::Type::kDns;
      });
  const std::string& name =
      (dns == identifiers.end() ? identifiers.begin() : dns)->value;
  return name.size() <= kLongestCommonName ? name : std::string();
}

}  // namespace acme
