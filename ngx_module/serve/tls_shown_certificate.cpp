// SPDX-License-Identifier: BSD-2-Clause
// What the client of a connection was shown, where it is ours.
#include "ngx_module/serve/tls_shown_certificate.h"

#include <openssl/x509.h>

#include "acme_core/crypto/asn1_values.h"

namespace ngx_acme {
namespace {

// Their addresses are the marks.
constexpr char kManaged = 'm';
constexpr char kFallback = 'f';

// OpenSSL keeps what it is given here beside the certificate, in whichever
// connection it is.
int mark_index() noexcept {
  static const int index =
      X509_get_ex_new_index(0, nullptr, nullptr, nullptr, nullptr);
  return index;
}

void mark(X509* certificate, const char& as) noexcept {
  X509_set_ex_data(certificate, mark_index(), const_cast<char*>(&as));
}

std::string issuer_of(const X509* certificate) {
  const X509_NAME* name = X509_get_issuer_name(certificate);
  const int place = X509_NAME_get_index_by_NID(const_cast<X509_NAME*>(name),
                                               NID_commonName, -1);
  if (place < 0) {
    return {};
  }
  const ASN1_STRING* value =
      X509_NAME_ENTRY_get_data(X509_NAME_get_entry(name, place));
  return {reinterpret_cast<const char*>(ASN1_STRING_get0_data(value)),
          static_cast<std::size_t>(ASN1_STRING_length(value))};
}

std::string_view state_of(const std::optional<acme::TimePoint>& not_before,
                          const std::optional<acme::TimePoint>& not_after,
                          acme::TimePoint now) {
  constexpr int kShareThatIsLate = 6;
  if (!not_before || !not_after || *not_after <= now) {
    return "expired";
  }
  return *not_after - now < (*not_after - *not_before) / kShareThatIsLate
             ? "expiring"
             : "valid";
}

}  // namespace

void mark_as_managed(X509* certificate) noexcept {
  mark(certificate, kManaged);
}

void mark_as_fallback(X509* certificate) noexcept {
  mark(certificate, kFallback);
}

std::optional<ShownCertificate> shown_certificate(const SSL* ssl,
                                                  acme::TimePoint now) {
  const X509* certificate = SSL_get_certificate(ssl);
  const void* marked = certificate == nullptr
                           ? nullptr
                           : X509_get_ex_data(certificate, mark_index());
  if (marked == nullptr) {
    return std::nullopt;
  }
  ShownCertificate shown;
  shown.not_after = acme::to_time_point(X509_get0_notAfter(certificate));
  shown.state =
      marked == &kFallback
          ? "fallback"
          : state_of(acme::to_time_point(X509_get0_notBefore(certificate)),
                     shown.not_after, now);
  shown.serial =
      acme::hexadecimal(X509_get_serialNumber(const_cast<X509*>(certificate)));
  shown.issuer = issuer_of(certificate);
  return shown;
}

}  // namespace ngx_acme
