// SPDX-License-Identifier: BSD-2-Clause
// PKCS #12, by OpenSSL.
#include "acme_core/crypto/pkcs12.h"

#include <openssl/pkcs12.h>

#include <memory>

#include "acme_core/crypto/openssl.h"

namespace acme {
namespace {

// Rounds that make guessing the password dear; what Java's keytool takes.
constexpr int kRounds = 10'000;

void free_certificates(STACK_OF(X509) * list) noexcept {
  sk_X509_pop_free(list, X509_free);
}

using CertificatesPtr =
    std::unique_ptr<STACK_OF(X509), OpensslDeleter<free_certificates>>;
using Pkcs12Ptr = std::unique_ptr<PKCS12, OpensslDeleter<PKCS12_free>>;

X509Ptr parsed(const std::vector<std::uint8_t>& der) {
  const unsigned char* position = der.data();
  return X509Ptr(d2i_X509(nullptr, &position, static_cast<long>(der.size())));
}

}  // namespace

SecretBytes to_pkcs12(const CertificateChain& chain, const PrivateKey& key,
                      const SecretBytes& password, const std::string& name) {
  const OpensslErrorScope errors;
  const X509Ptr leaf = parsed(chain.der().front());
  const CertificatesPtr issuers(sk_X509_new_null());
  for (std::size_t i = 1; i < chain.der().size(); ++i) {
    X509Ptr issuer = parsed(chain.der()[i]);
    if (issuer && sk_X509_push(issuers.get(), issuer.get()) > 0) {
      static_cast<void>(issuer.release());  // the list's
    }
  }
  SecretBytes text = password;
  text.push_back(0);
  const Pkcs12Ptr file(PKCS12_create(reinterpret_cast<const char*>(text.data()),
                                     name.c_str(), key.get(), leaf.get(),
                                     issuers.get(), 0, 0, kRounds, kRounds, 0));
  const int length = file ? i2d_PKCS12(file.get(), nullptr) : -1;
  if (length <= 0) {
    throw openssl_error("cannot write PKCS #12");
  }
  SecretBytes der(static_cast<std::size_t>(length));
  unsigned char* position = der.data();
  static_cast<void>(i2d_PKCS12(file.get(), &position));
  return der;
}

}  // namespace acme
