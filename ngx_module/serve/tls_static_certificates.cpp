// SPDX-License-Identifier: BSD-2-Clause
// The operator's own certificates, as nginx has loaded them.
#include "ngx_module/serve/tls_static_certificates.h"

#include <openssl/crypto.h>
#include <openssl/x509.h>

#include <cstdint>
#include <optional>
#include <string_view>
#include <utility>

#include "ngx_module/nginx/ngx.h"

namespace ngx_acme {
namespace {

std::vector<std::uint8_t> der_of(const X509* certificate) {
  const int size = i2d_X509(certificate, nullptr);
  std::vector<std::uint8_t> der(size > 0 ? static_cast<std::size_t>(size) : 0);
  unsigned char* end = der.data();
  if (size > 0) {
    i2d_X509(certificate, &end);
  }
  return der;
}

// nginx keeps the name beside the certificate, for its own messages. One in the
// configuration itself may be a whole PEM file.
std::string file_of(const X509* certificate) {
  constexpr std::string_view kData = "data:";
  const void* name =
      X509_get_ex_data(certificate, ngx_ssl_certificate_name_index);
  const std::string_view text =
      name == nullptr ? std::string_view() : static_cast<const char*>(name);
  return std::string(text.starts_with(kData) ? kData : text);
}

// Of the context's current certificate.
std::optional<acme::CertificateChain> current_chain(SSL_CTX* context,
                                                    const X509* leaf) {
  std::vector<std::vector<std::uint8_t>> chain{der_of(leaf)};
  STACK_OF(X509)* issuers = nullptr;
  if (SSL_CTX_get0_chain_certs(context, &issuers) == 1) {
    for (int i = 0; i < sk_X509_num(issuers); ++i) {
      chain.push_back(der_of(sk_X509_value(issuers, i)));
    }
  }
  return acme::CertificateChain::from_der(chain);
}

}  // namespace

std::vector<StaticCertificate> static_certificates(SSL_CTX* context) {
  std::vector<StaticCertificate> found;
  for (auto next = SSL_CTX_set_current_cert(context, SSL_CERT_SET_FIRST);
       next == 1; next = SSL_CTX_set_current_cert(context, SSL_CERT_SET_NEXT)) {
    const X509* leaf = SSL_CTX_get0_certificate(context);
    if (std::optional<acme::CertificateChain> chain =
            leaf == nullptr ? std::nullopt : current_chain(context, leaf)) {
      found.push_back({file_of(leaf), std::move(*chain)});
    }
  }
  return found;
}

std::string tls_library_version() { return OpenSSL_version(OPENSSL_VERSION); }

}  // namespace ngx_acme
