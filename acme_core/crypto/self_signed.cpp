// SPDX-License-Identifier: BSD-2-Clause
// Certificates that nobody but their own key vouches for.
#include "acme_core/crypto/self_signed.h"

#include <ctime>

#include "acme_core/crypto/subject_names.h"

namespace acme {
namespace {

// CA/Browser Forum BR section 7.1.2.7.4 asks for 64 bits at least.
constexpr int kSerialBits = 127;

void require_made(bool success) {
  if (!success) {
    throw openssl_error("cannot make a self-signed certificate");
  }
}

void set_serial(X509& certificate) {
  const BignumPtr serial(BN_new());
  require_made(serial && BN_rand(serial.get(), kSerialBits, BN_RAND_TOP_ONE,
                                 BN_RAND_BOTTOM_ANY) == 1);
  require_made(BN_to_ASN1_INTEGER(serial.get(), X509_get_serialNumber(
                                                    &certificate)) != nullptr);
}

void set_names(X509& certificate, const SelfSignedSpec& spec) {
  const X509NamePtr name(X509_NAME_new());
  require_made(name != nullptr);
  if (!spec.common_name.empty()) {
    require_made(
        X509_NAME_add_entry_by_NID(
            name.get(), NID_commonName, MBSTRING_UTF8,
            reinterpret_cast<const unsigned char*>(spec.common_name.data()),
            static_cast<int>(spec.common_name.size()), -1, 0) == 1);
  }
  require_made(X509_set_subject_name(&certificate, name.get()) == 1 &&
               X509_set_issuer_name(&certificate, name.get()) == 1);
  if (!spec.identifiers.empty()) {
    const GeneralNamesPtr names = make_general_names(spec.identifiers);
    require_made(X509_add1_ext_i2d(&certificate, NID_subject_alt_name,
                                   names.get(),
                                   spec.common_name.empty() ? 1 : 0,
                                   X509V3_ADD_DEFAULT) == 1);
  }
}

void set_validity(X509& certificate, const SelfSignedSpec& spec) {
  const std::time_t from =
      std::chrono::system_clock::to_time_t(spec.not_before);
  const std::time_t until =
      from + static_cast<std::time_t>(spec.lifetime.count());
  require_made(ASN1_TIME_set(X509_getm_notBefore(&certificate), from) !=
               nullptr);
  require_made(ASN1_TIME_set(X509_getm_notAfter(&certificate), until) !=
               nullptr);
}

void set_usage(X509& certificate) {
  const BasicConstraintsPtr constraints(BASIC_CONSTRAINTS_new());
  require_made(constraints &&
               X509_add1_ext_i2d(&certificate, NID_basic_constraints,
                                 constraints.get(), 1,
                                 X509V3_ADD_DEFAULT) == 1);
}

}  // namespace

X509Ptr make_self_signed(const PrivateKey& key, const SelfSignedSpec& spec) {
  const OpensslErrorScope errors;
  X509Ptr certificate(X509_new());
  require_made(certificate &&
               X509_set_version(certificate.get(), X509_VERSION_3) == 1);
  set_serial(*certificate);
  set_names(*certificate, spec);
  set_validity(*certificate, spec);
  set_usage(*certificate);
  if (spec.extension != nullptr) {
    require_made(X509_add_ext(certificate.get(), spec.extension, -1) == 1);
  }
  require_made(X509_set_pubkey(certificate.get(), key.get()) == 1 &&
               X509_sign(certificate.get(), key.get(), key.digest()) > 0);
  return certificate;
}

}  // namespace acme
