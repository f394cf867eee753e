// SPDX-License-Identifier: BSD-2-Clause
// Certificate signing requests, by OpenSSL.
#include "acme_core/crypto/csr.h"

#include <string>

#include "acme_core/crypto/subject_names.h"

namespace acme {
namespace {

Error cannot_build() { return openssl_error("cannot build a request"); }

void add_names(X509_REQ& request, std::span<const Identifier> identifiers) {
  const GeneralNamesPtr names = make_general_names(identifiers);
  STACK_OF(X509_EXTENSION)* list = nullptr;
  const int added = X509V3_add1_i2d(&list, NID_subject_alt_name, names.get(), 0,
                                    X509V3_ADD_DEFAULT);
  const X509ExtensionsPtr extensions(list);
  if (added != 1 || X509_REQ_add_extensions(&request, list) != 1) {
    throw cannot_build();
  }
}

void set_common_name(X509_REQ& request, const std::string& name) {
  if (X509_NAME_add_entry_by_NID(
          X509_REQ_get_subject_name(&request), NID_commonName, MBSTRING_UTF8,
          reinterpret_cast<const unsigned char*>(name.data()),
          static_cast<int>(name.size()), -1, 0) != 1) {
    throw cannot_build();
  }
}

}  // namespace

std::vector<std::uint8_t> make_csr(const PrivateKey& key,
                                   std::span<const Identifier> identifiers,
                                   const std::string& common_name) {
  const OpensslErrorScope errors;
  const X509ReqPtr request(X509_REQ_new());
  if (!request ||
      X509_REQ_set_version(request.get(), X509_REQ_VERSION_1) != 1) {
    throw cannot_build();
  }
  if (!common_name.empty()) {
    set_common_name(*request, common_name);
  }
  add_names(*request, identifiers);
  if (X509_REQ_set_pubkey(request.get(), key.get()) != 1 ||
      X509_REQ_sign(request.get(), key.get(), key.digest()) <= 0) {
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
