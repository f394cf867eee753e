// SPDX-License-Identifier: BSD-2-Clause
// A status responder for tests, by OpenSSL.
#include "tests/support/test_ocsp.h"

#include <openssl/ocsp.h>

#include <memory>
#include <stdexcept>

#include "acme_core/crypto/openssl.h"

namespace acme {
namespace {

using BasicPtr =
    std::unique_ptr<OCSP_BASICRESP, OpensslDeleter<OCSP_BASICRESP_free>>;
using ResponsePtr =
    std::unique_ptr<OCSP_RESPONSE, OpensslDeleter<OCSP_RESPONSE_free>>;
using CertIdPtr =
    std::unique_ptr<OCSP_CERTID, OpensslDeleter<OCSP_CERTID_free>>;
using TimePtr = std::unique_ptr<ASN1_TIME, OpensslDeleter<ASN1_TIME_free>>;

void require(bool success) {
  if (!success) {
    throw std::runtime_error("cannot make a status response: " +
                             take_openssl_errors());
  }
}

X509Ptr next_certificate(BIO& pem) {
  X509Ptr certificate(PEM_read_bio_X509(&pem, nullptr, nullptr, nullptr));
  require(certificate != nullptr);
  return certificate;
}

BioPtr reader(const std::string& pem) {
  BioPtr bio(BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())));
  require(bio != nullptr);
  return bio;
}

TimePtr to_asn1(TimePoint time) {
  const auto seconds = std::chrono::floor<std::chrono::seconds>(time);
  return TimePtr(ASN1_GENERALIZEDTIME_set(
      nullptr, static_cast<time_t>(seconds.time_since_epoch().count())));
}

}  // namespace

std::vector<std::uint8_t> make_status(const std::string& chain_pem,
                                      const TestStatus& status,
                                      const std::string& signer_pem,
                                      const PrivateKey& signer_key) {
  const BioPtr chain = reader(chain_pem);
  const X509Ptr leaf = next_certificate(*chain);
  const X509Ptr issuer = next_certificate(*chain);
  const X509Ptr signer = next_certificate(*reader(signer_pem));
  const CertIdPtr id(OCSP_cert_to_id(EVP_sha1(), leaf.get(), issuer.get()));
  const TimePtr begin = to_asn1(status.this_update);
  const TimePtr end =
      status.next_update ? to_asn1(*status.next_update) : nullptr;
  const TimePtr revoked = status.status == V_OCSP_CERTSTATUS_REVOKED
                              ? to_asn1(status.this_update)
                              : nullptr;
  const BasicPtr basic(OCSP_BASICRESP_new());
  require(basic && id &&
          OCSP_basic_add1_status(basic.get(), id.get(), status.status,
                                 status.reason, revoked.get(), begin.get(),
                                 end.get()) != nullptr &&
          OCSP_basic_sign(basic.get(), signer.get(), signer_key.get(),
                          EVP_sha256(), nullptr, 0) == 1);
  const ResponsePtr response(
      OCSP_response_create(OCSP_RESPONSE_STATUS_SUCCESSFUL, basic.get()));
  unsigned char* bytes = nullptr;
  const int size = i2d_OCSP_RESPONSE(response.get(), &bytes);
  const OpensslMemoryPtr<unsigned char> owner(bytes);
  require(size > 0);
  return {bytes, bytes + size};
}

}  // namespace acme
