// SPDX-License-Identifier: BSD-2-Clause
// Challenge certificates, by OpenSSL.
#include "acme_core/crypto/challenge_certificate.h"

#include <chrono>
#include <cstring>
#include <span>

#include "acme_core/crypto/openssl.h"
#include "acme_core/crypto/private_key.h"
#include "acme_core/crypto/self_signed.h"
#include "acme_core/env/clock.h"

namespace acme {
namespace {

using Digest = std::array<std::uint8_t, 32>;

// Around now, for CAs that look at it though no RFC tells them to.
constexpr std::chrono::hours kBackdated{24};
constexpr std::chrono::hours kLifetime{48};

void require_built(bool succeeded) {
  if (!succeeded) {
    throw openssl_error("cannot build a challenge certificate");
  }
}

// id-pe-acmeIdentifier (RFC 8737 section 6.1): an OCTET STRING within the one
// that every extension's value is.
X509ExtensionPtr acme_identifier(const Digest& digest) {
  std::array<std::uint8_t, 2 + 32> value{V_ASN1_OCTET_STRING, 32};
  std::memcpy(value.data() + 2, digest.data(), digest.size());
  const Asn1ObjectPtr type(OBJ_txt2obj("1.3.6.1.5.5.7.1.31", 1));
  const Asn1StringPtr content(ASN1_STRING_type_new(V_ASN1_OCTET_STRING));
  require_built(type && content &&
                ASN1_STRING_set(content.get(), value.data(),
                                static_cast<int>(value.size())) == 1);
  constexpr int kCritical = 1;
  X509ExtensionPtr extension(X509_EXTENSION_create_by_OBJ(
      nullptr, type.get(), kCritical, content.get()));
  require_built(extension != nullptr);
  return extension;
}

std::vector<std::uint8_t> to_der(X509& certificate) {
  const int length = i2d_X509(&certificate, nullptr);
  require_built(length > 0);
  std::vector<std::uint8_t> der(static_cast<std::size_t>(length));
  unsigned char* position = der.data();
  require_built(i2d_X509(&certificate, &position) == length);
  return der;
}

}  // namespace

ChallengeCertificate make_challenge_certificate(const Identifier& identifier,
                                                const Digest& digest) {
  const OpensslErrorScope errors;
  const PrivateKey key = PrivateKey::generate(KeyType::kEcdsa256);
  const X509ExtensionPtr extension = acme_identifier(digest);
  // The same subject for every name: it has room for 64 characters only.
  const X509Ptr certificate =
      make_self_signed(key, {.identifiers = std::span(&identifier, 1),
                             .common_name = "ACME challenge",
                             .not_before = SystemClock().now() - kBackdated,
                             .lifetime = kLifetime,
                             .extension = extension.get()});
  return {to_der(*certificate), key.to_der()};
}

}  // namespace acme
