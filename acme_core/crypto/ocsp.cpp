// SPDX-License-Identifier: BSD-2-Clause
// Questions about certificates and their answers, by OpenSSL.
#include "acme_core/crypto/ocsp.h"

#include <openssl/ocsp.h>

#include <chrono>
#include <ctime>
#include <memory>
#include <utility>

#include "acme_core/crypto/asn1_values.h"
#include "acme_core/crypto/der.h"

namespace acme {
namespace {

using OcspRequestPtr =
    std::unique_ptr<OCSP_REQUEST, OpensslDeleter<OCSP_REQUEST_free>>;
using OcspResponsePtr =
    std::unique_ptr<OCSP_RESPONSE, OpensslDeleter<OCSP_RESPONSE_free>>;
using OcspBasicPtr =
    std::unique_ptr<OCSP_BASICRESP, OpensslDeleter<OCSP_BASICRESP_free>>;
using OcspCertIdPtr =
    std::unique_ptr<OCSP_CERTID, OpensslDeleter<OCSP_CERTID_free>>;
using X509StorePtr =
    std::unique_ptr<X509_STORE, OpensslDeleter<X509_STORE_free>>;

void free_list(STACK_OF(X509) * list) noexcept { sk_X509_free(list); }
using BorrowedCertificatesPtr =
    std::unique_ptr<STACK_OF(X509), OpensslDeleter<free_list>>;

void free_urls(STACK_OF(OPENSSL_STRING) * list) noexcept {
  X509_email_free(list);
}
using UrlsPtr =
    std::unique_ptr<STACK_OF(OPENSSL_STRING), OpensslDeleter<free_urls>>;

// How far a responder's clock may be ahead of ours.
constexpr std::chrono::minutes kSkew{5};
// What browsers grant a response that does not say when the next one comes.
constexpr std::chrono::hours kWithoutNextUpdate{24};

bool is_issuer(X509& issuer, X509& certificate) {
  return X509_check_issued(&issuer, &certificate) == X509_V_OK;
}

X509Ptr find_issuer(X509& leaf, const CertificateChain& chain,
                    std::string_view more_issuers) {
  for (std::size_t i = 1; i < chain.der().size(); ++i) {
    X509Ptr candidate = certificate_from_der(chain.der()[i]);
    if (candidate && is_issuer(*candidate, leaf)) {
      return candidate;
    }
  }
  const BioPtr pem(BIO_new_mem_buf(more_issuers.data(),
                                   static_cast<int>(more_issuers.size())));
  while (X509Ptr candidate{
      pem ? PEM_read_bio_X509(pem.get(), nullptr, nullptr, nullptr)
          : nullptr}) {
    if (is_issuer(*candidate, leaf)) {
      return candidate;
    }
  }
  return nullptr;
}

OcspCertIdPtr id_of(const X509& leaf, const X509& issuer) {
  // RFC 5019 section 2.1.1: SHA-1, which is no signature here but a name.
  return OcspCertIdPtr(OCSP_cert_to_id(EVP_sha1(), &leaf, &issuer));
}

OcspResponsePtr parse_response(std::span<const std::uint8_t> response) {
  if (response.size() > kLargestOcspResponse) {
    return nullptr;
  }
  const unsigned char* position = response.data();
  OcspResponsePtr parsed(d2i_OCSP_RESPONSE(nullptr, &position,
                                           static_cast<long>(response.size())));
  return position == response.data() + response.size() ? std::move(parsed)
                                                       : nullptr;
}

// The issuer is all that is trusted. OpenSSL looks that the signer is the
// issuer itself, or has the issuer's signature and its leave to sign responses.
bool is_signed_for(OCSP_BASICRESP& basic, X509& issuer, TimePoint now) {
  const X509StorePtr store(X509_STORE_new());
  const BorrowedCertificatesPtr known(sk_X509_new_null());
  if (!store || !known || sk_X509_push(known.get(), &issuer) == 0 ||
      X509_STORE_add_cert(store.get(), &issuer) != 1 ||
      X509_STORE_set_flags(store.get(), X509_V_FLAG_PARTIAL_CHAIN) != 1) {
    throw openssl_error("cannot verify a status response");
  }
  const auto seconds = std::chrono::floor<std::chrono::seconds>(now);
  X509_VERIFY_PARAM_set_time(
      X509_STORE_get0_param(store.get()),
      static_cast<std::time_t>(seconds.time_since_epoch().count()));
  return OCSP_basic_verify(&basic, known.get(), store.get(), 0) == 1;
}

OcspStatus status_of(int status) {
  return status == V_OCSP_CERTSTATUS_GOOD      ? OcspStatus::kGood
         : status == V_OCSP_CERTSTATUS_REVOKED ? OcspStatus::kRevoked
                                               : OcspStatus::kUnknown;
}

OcspReading unusable(std::string problem) {
  return {std::nullopt, std::move(problem)};
}

}  // namespace

std::optional<OcspQuestion> OcspQuestion::about(const CertificateChain& chain,
                                                std::string_view more_issuers) {
  const OpensslErrorScope errors;
  X509Ptr leaf = certificate_from_der(chain.der().front());
  X509Ptr issuer = leaf ? find_issuer(*leaf, chain, more_issuers) : nullptr;
  if (!issuer) {
    return std::nullopt;
  }
  return OcspQuestion(std::move(leaf), std::move(issuer));
}

std::string OcspQuestion::responder() const {
  const OpensslErrorScope errors;
  const UrlsPtr urls(X509_get1_ocsp(leaf_.get()));
  return urls && sk_OPENSSL_STRING_num(urls.get()) > 0
             ? sk_OPENSSL_STRING_value(urls.get(), 0)
             : std::string();
}

std::vector<std::uint8_t> OcspQuestion::request() const {
  const OpensslErrorScope errors;
  const OcspRequestPtr request(OCSP_REQUEST_new());
  OcspCertIdPtr id = id_of(*leaf_, *issuer_);
  if (!request || !id ||
      OCSP_request_add0_id(request.get(), id.get()) == nullptr) {
    throw openssl_error("cannot ask for a certificate's status");
  }
  [[maybe_unused]] OCSP_CERTID* owned_by_request = id.release();
  unsigned char* bytes = nullptr;
  const int size = i2d_OCSP_REQUEST(request.get(), &bytes);
  const OpensslMemoryPtr<unsigned char> owner(bytes);
  if (size <= 0) {
    throw openssl_error("cannot ask for a certificate's status");
  }
  return {bytes, bytes + size};
}

OcspReading OcspQuestion::read(std::span<const std::uint8_t> response,
                               TimePoint now) const {
  const OpensslErrorScope errors;
  const OcspResponsePtr parsed = parse_response(response);
  if (!parsed) {
    return unusable("it is not a status response");
  }
  if (const int said = OCSP_response_status(parsed.get());
      said != OCSP_RESPONSE_STATUS_SUCCESSFUL) {
    return unusable(std::string("the responder says \"") +
                    OCSP_response_status_str(said) + "\"");
  }
  const OcspBasicPtr basic(OCSP_response_get1_basic(parsed.get()));
  const OcspCertIdPtr id = id_of(*leaf_, *issuer_);
  int status = V_OCSP_CERTSTATUS_UNKNOWN;
  int reason = OCSP_REVOKED_STATUS_NOSTATUS;
  ASN1_GENERALIZEDTIME* revoked = nullptr;
  ASN1_GENERALIZEDTIME* begin = nullptr;
  ASN1_GENERALIZEDTIME* end = nullptr;
  if (!basic || !id ||
      OCSP_resp_find_status(basic.get(), id.get(), &status, &reason, &revoked,
                            &begin, &end) != 1) {
    return unusable("it is not about this certificate");
  }
  if (!is_signed_for(*basic, *issuer_, now)) {
    return unusable("it is not signed for the certificate's issuer: " +
                    take_openssl_errors());
  }
  const auto this_update = to_time_point(begin);
  const auto next_update =
      end == nullptr && this_update
          ? std::optional<TimePoint>(*this_update + kWithoutNextUpdate)
          : to_time_point(end);
  if (!this_update || !next_update) {
    return unusable("it does not say for which time it is");
  }
  if (*this_update > now + kSkew) {
    return unusable("it begins in the future, " + rfc3339(*this_update));
  }
  if (*next_update <= now) {
    return unusable("it ended " + rfc3339(*next_update));
  }
  OcspAnswer answer{status_of(status), *this_update, *next_update, {}, {}};
  if (answer.status == OcspStatus::kRevoked) {
    answer.revoked_at = to_time_point(revoked).value_or(*this_update);
    if (reason != OCSP_REVOKED_STATUS_NOSTATUS) {
      answer.revoked_why = OCSP_crl_reason_str(reason);
    }
  }
  return {std::move(answer), {}};
}

std::optional<std::vector<std::string>> ocsp_serials(
    std::span<const std::uint8_t> response) {
  const OpensslErrorScope errors;
  const OcspResponsePtr parsed = parse_response(response);
  const OcspBasicPtr basic(parsed ? OCSP_response_get1_basic(parsed.get())
                                  : nullptr);
  if (!basic) {
    return std::nullopt;
  }
  std::vector<std::string> serials;
  for (int i = 0; i < OCSP_resp_count(basic.get()); ++i) {
    const OCSP_CERTID* id =
        OCSP_SINGLERESP_get0_id(OCSP_resp_get0(basic.get(), i));
    ASN1_INTEGER* serial = nullptr;
    if (OCSP_id_get0_info(nullptr, nullptr, nullptr, &serial,
                          const_cast<OCSP_CERTID*>(id)) == 1) {
      serials.push_back(hexadecimal(serial));
    }
  }
  return serials;
}

}  // namespace acme
