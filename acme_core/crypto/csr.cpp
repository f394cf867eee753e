// SPDX-License-Identifier: BSD-2-Clause
// Certificate signing requests, by OpenSSL.
#include "acme_core/crypto/csr.h"

#include <arpa/inet.h>

#include <array>
#include <string>

namespace acme {
namespace {

Error cannot_build() { return openssl_error("cannot build a request"); }

// dNSName as text, iPAddress as 4 or 16 bytes (RFC 5280 section 4.2.1.6).
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
    throw cannot_build();
  }
  GENERAL_NAME_set0_value(name.get(), content.general_name, value.release());
  if (sk_GENERAL_NAME_push(&names, name.get()) <= 0) {
    throw cannot_build();
  }
  static_cast<void>(name.release());  // the stack owns it now
}

void add_names(X509_REQ& request, std::span<const Identifier> identifiers) {
  const GeneralNamesPtr names(sk_GENERAL_NAME_new_null());
  if (!names) {
    throw cannot_build();
  }
  for (const Identifier& identifier : identifiers) {
    append(*names, identifier);
  }
  STACK_OF(X509_EXTENSION)* list = nullptr;
  const int added = X509V3_add1_i2d(&list, NID_subject_alt_name, names.get(), 0,
                                    X509V3_ADD_DEFAULT);
  const X509ExtensionsPtr extensions(list);
  if (added != 1 || X509_REQ_add_extensions(&request, list) != 1) {
    throw cannot_build();
  }
}

const EVP_MD* digest_for(KeyType type) {
  switch (type) {
    case KeyType::kEcdsa384:
      return EVP_sha384();
    case KeyType::kEcdsa521:
      return EVP_sha512();
    default:
      return EVP_sha256();
  }
}

}  // namespace

std::vector<std::uint8_t> make_csr(const PrivateKey& key,
                                   std::span<const Identifier> identifiers) {
  const OpensslErrorScope errors;
  const X509ReqPtr request(X509_REQ_new());
  if (!request ||
      X509_REQ_set_version(request.get(), X509_REQ_VERSION_1) != 1) {
    throw cannot_build();
  }
  add_names(*request, identifiers);
  if (X509_REQ_set_pubkey(request.get(), key.get()) != 1 ||
      X509_REQ_sign(request.get(), key.get(), digest_for(key.type())) <= 0) {
    throw cannot_build();
  }
  const int length = i2d_X509_REQ(request.get(), nullptr);
  if (length <= 0) {
    throw cannot_build();
  }
  std::vector<std::uint8_t> der(static_cast<std::size_t>(length));
  unsigned char* position = der.data();
  if (i2d_X509_REQ(request.get(), &position) != length) {
    throw cannot_build();
  }
  return der;
}

}  // namespace acme
