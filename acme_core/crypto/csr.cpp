// SPDX-License-Identifier: BSD-2-Clause
// Certificate signing requests, by OpenSSL.
#include "acme_core/crypto/csr.h"

#include <string>

#include "acme_core/crypto/subject_names.h"

namespace acme {
namespace {

Error cannot_build_request() { return openssl_error("cannot build a request"); }

// RFC 7633 section 4.2.2: the number is that of the TLS extension.
X509ExtensionPtr status_request_feature() {
  return X509ExtensionPtr(
      X509V3_EXT_conf_nid(nullptr, nullptr, NID_tlsfeature, "status_request"));
}

void add_extensions(X509_REQ& request, std::span<const Identifier> identifiers,
                    bool must_staple) {
  const GeneralNamesPtr names = make_general_names(identifiers);
  STACK_OF(X509_EXTENSION)* list = nullptr;
  const int added = X509V3_add1_i2d(&list, NID_subject_alt_name, names.get(), 0,
                                    X509V3_ADD_DEFAULT);
  const X509ExtensionsPtr extensions(list);
  if (added == 1 && must_staple) {
    const X509ExtensionPtr feature = status_request_feature();
    if (!feature || X509v3_add_ext(&list, feature.get(), -1) == nullptr) {
      throw cannot_build_request();
    }
  }
  if (added != 1 || X509_REQ_add_extensions(&request, list) != 1) {
    throw cannot_build_request();
  }
}

void add_to_name(X509_NAME& name, const std::string& type,
                 const std::string& value) {
  if (X509_NAME_add_entry_by_txt(
          &name, type.c_str(), MBSTRING_UTF8,
          reinterpret_cast<const unsigned char*>(value.data()),
          static_cast<int>(value.size()), -1, 0) != 1) {
    throw cannot_build_request();
  }
}

void set_subject(X509_REQ& request, const DistinguishedName& attributes,
                 const std::string& common_name) {
  const X509NamePtr name(X509_NAME_new());
  if (!name) {
    throw cannot_build_request();
  }
  for (const NameAttribute& attribute : attributes) {
    add_to_name(*name, attribute.type, attribute.value);
  }
  if (!common_name.empty()) {
    add_to_name(*name, "CN", common_name);
  }
  if (X509_REQ_set_subject_name(&request, name.get()) != 1) {
    throw cannot_build_request();
  }
}

// X509_REQ_set_pubkey() writes the key and reads it back, which takes longer
// than the signature (OpenSSL 3). A point needs no such detour (RFC 5480
// section 2.2).
bool set_public_point(X509_REQ& request, EVP_PKEY* key, int curve) {
  unsigned char* bytes = nullptr;
  const std::size_t size = EVP_PKEY_get1_encoded_public_key(key, &bytes);
  OpensslMemoryPtr<unsigned char> point(bytes);
  if (size == 0 ||
      X509_PUBKEY_set0_param(X509_REQ_get_X509_PUBKEY(&request),
                             OBJ_nid2obj(NID_X9_62_id_ecPublicKey),
                             V_ASN1_OBJECT, OBJ_nid2obj(curve), point.get(),
                             static_cast<int>(size)) != 1) {
    return false;
  }
  [[maybe_unused]] unsigned char* owned_by_request = point.release();
  return true;
}

bool set_public_key(X509_REQ& request, const PrivateKey& key) {
  switch (key.type()) {
    case KeyType::kEcdsa256:
      return set_public_point(request, key.get(), NID_X9_62_prime256v1);
    case KeyType::kEcdsa384:
      return set_public_point(request, key.get(), NID_secp384r1);
    case KeyType::kEcdsa521:
      return set_public_point(request, key.get(), NID_secp521r1);
    case KeyType::kRsa2048:
    case KeyType::kRsa3072:
    case KeyType::kRsa4096:
      break;
  }
  return X509_REQ_set_pubkey(&request, key.get()) == 1;
}

}  // namespace

std::vector<std::uint8_t> make_csr(const PrivateKey& key,
                                   std::span<const Identifier> identifiers,
                                   const std::string& common_name,
                                   bool must_staple,
                                   const DistinguishedName& subject) {
  const OpensslErrorScope errors;
  const X509ReqPtr request(X509_REQ_new());
  if (!request ||
      X509_REQ_set_version(request.get(), X509_REQ_VERSION_1) != 1) {
    throw cannot_build_request();
  }
  set_subject(*request, subject, common_name);
  add_extensions(*request, identifiers, must_staple);
  if (!set_public_key(*request, key) ||
      X509_REQ_sign(request.get(), key.get(), key.digest()) <= 0) {
    throw cannot_build_request();
  }
  const int length = i2d_X509_REQ(request.get(), nullptr);
  if (length <= 0) {
    throw cannot_build_request();
  }
  std::vector<std::uint8_t> der(static_cast<std::size_t>(length));
  unsigned char* position = der.data();
  if (i2d_X509_REQ(request.get(), &position) != length) {
    throw cannot_build_request();
  }
  return der;
}

}  // namespace acme
