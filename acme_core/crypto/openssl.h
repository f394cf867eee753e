// SPDX-License-Identifier: BSD-2-Clause
// Ownership of OpenSSL's objects, and OpenSSL's error queue.
#pragma once

#include <openssl/bio.h>
#include <openssl/bn.h>
#include <openssl/crypto.h>
#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

#include <memory>
#include <string>

#include "acme_core/error.h"

namespace acme {

template <auto FreeFunction>
struct OpensslDeleter {
  template <typename T>
  void operator()(T* object) const noexcept {
    FreeFunction(object);
  }
};

inline void free_openssl_memory(void* memory) noexcept { OPENSSL_free(memory); }

inline void free_x509_extensions(STACK_OF(X509_EXTENSION) * list) noexcept {
  sk_X509_EXTENSION_pop_free(list, X509_EXTENSION_free);
}

using EvpPkeyPtr = std::unique_ptr<EVP_PKEY, OpensslDeleter<EVP_PKEY_free>>;
using EvpPkeyCtxPtr =
    std::unique_ptr<EVP_PKEY_CTX, OpensslDeleter<EVP_PKEY_CTX_free>>;
using EvpMdCtxPtr =
    std::unique_ptr<EVP_MD_CTX, OpensslDeleter<EVP_MD_CTX_free>>;
using EvpMacPtr = std::unique_ptr<EVP_MAC, OpensslDeleter<EVP_MAC_free>>;
using EvpMacCtxPtr =
    std::unique_ptr<EVP_MAC_CTX, OpensslDeleter<EVP_MAC_CTX_free>>;
using BignumPtr = std::unique_ptr<BIGNUM, OpensslDeleter<BN_clear_free>>;
using EcdsaSigPtr = std::unique_ptr<ECDSA_SIG, OpensslDeleter<ECDSA_SIG_free>>;
using X509Ptr = std::unique_ptr<X509, OpensslDeleter<X509_free>>;
using X509ReqPtr = std::unique_ptr<X509_REQ, OpensslDeleter<X509_REQ_free>>;
using X509NamePtr = std::unique_ptr<X509_NAME, OpensslDeleter<X509_NAME_free>>;
using X509ExtensionPtr =
    std::unique_ptr<X509_EXTENSION, OpensslDeleter<X509_EXTENSION_free>>;
using SslCtxPtr = std::unique_ptr<SSL_CTX, OpensslDeleter<SSL_CTX_free>>;
using Pkcs8Ptr = std::unique_ptr<PKCS8_PRIV_KEY_INFO,
                                 OpensslDeleter<PKCS8_PRIV_KEY_INFO_free>>;
/// For a BIO that may hold a key, make it from BIO_s_secmem().
using BioPtr = std::unique_ptr<BIO, OpensslDeleter<BIO_free_all>>;
using GeneralNamesPtr =
    std::unique_ptr<GENERAL_NAMES, OpensslDeleter<GENERAL_NAMES_free>>;
using AuthorityKeyIdPtr =
    std::unique_ptr<AUTHORITY_KEYID, OpensslDeleter<AUTHORITY_KEYID_free>>;
using BasicConstraintsPtr =
    std::unique_ptr<BASIC_CONSTRAINTS, OpensslDeleter<BASIC_CONSTRAINTS_free>>;
using GeneralNamePtr =
    std::unique_ptr<GENERAL_NAME, OpensslDeleter<GENERAL_NAME_free>>;
using Asn1ObjectPtr =
    std::unique_ptr<ASN1_OBJECT, OpensslDeleter<ASN1_OBJECT_free>>;
using Asn1StringPtr =
    std::unique_ptr<ASN1_STRING, OpensslDeleter<ASN1_STRING_free>>;
using X509ExtensionsPtr = std::unique_ptr<STACK_OF(X509_EXTENSION),
                                          OpensslDeleter<free_x509_extensions>>;
/// For buffers OpenSSL hands out: PEM blocks, hexadecimal numbers.
template <typename T>
using OpensslMemoryPtr =
    std::unique_ptr<T, OpensslDeleter<free_openssl_memory>>;

/// Empties this thread's OpenSSL error queue and returns its texts, joined by
/// ", ". Entries left behind would be blamed on the next TLS connection.
[[nodiscard]] std::string take_openssl_errors();

/// Empties the queue when the scope ends, however it ends.
struct OpensslErrorScope {
  OpensslErrorScope() = default;
  OpensslErrorScope(const OpensslErrorScope&) = delete;
  OpensslErrorScope& operator=(const OpensslErrorScope&) = delete;
  ~OpensslErrorScope();
};

/// An Error(kOurs) "what failed: OpenSSL's words"; empties the queue.
[[nodiscard]] Error openssl_error(const std::string& what);

}  // namespace acme
