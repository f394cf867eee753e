// SPDX-License-Identifier: BSD-2-Clause
// Challenge certificates, as OpenSSL reads them.
#include "acme_core/crypto/challenge_certificate.h"

#include <gtest/gtest.h>

#include <array>
#include <string>
#include <vector>

#include "acme_core/crypto/certificate.h"
#include "acme_core/crypto/digest.h"
#include "acme_core/crypto/openssl.h"
#include "acme_core/crypto/private_key.h"

namespace acme {
namespace {

const auto kDigest = sha256("token.thumbprint");

X509Ptr parsed(const ChallengeCertificate& made) {
  const unsigned char* cursor = made.certificate.data();
  return X509Ptr(
      d2i_X509(nullptr, &cursor, static_cast<long>(made.certificate.size())));
}

ChallengeCertificate made_for(const std::string& name) {
  return make_challenge_certificate(parse_identifier(name).value(), kDigest);
}

// What the certificate says about its names, and nothing else.
std::vector<Identifier> names_in(const ChallengeCertificate& made) {
  return CertificateChain::from_der(std::array{made.certificate})
      .value()
      .identifiers();
}

TEST(ChallengeCertificate, CarriesTheDigestInACriticalExtension) {
  const X509Ptr certificate = parsed(made_for("www.example.com"));
  const Asn1ObjectPtr type(OBJ_txt2obj("1.3.6.1.5.5.7.1.31", 1));
  const int position = X509_get_ext_by_OBJ(certificate.get(), type.get(), -1);
  ASSERT_GE(position, 0);
  auto* extension = X509_get_ext(certificate.get(), position);
  EXPECT_EQ(X509_EXTENSION_get_critical(extension), 1);

  const ASN1_OCTET_STRING* value = X509_EXTENSION_get_data(extension);
  const unsigned char* cursor = ASN1_STRING_get0_data(value);
  const Asn1StringPtr inner(
      d2i_ASN1_OCTET_STRING(nullptr, &cursor, ASN1_STRING_length(value)));
  ASSERT_TRUE(inner);
  const unsigned char* bytes = ASN1_STRING_get0_data(inner.get());
  EXPECT_EQ(std::vector(bytes, bytes + ASN1_STRING_length(inner.get())),
            std::vector(kDigest.begin(), kDigest.end()));
}

TEST(ChallengeCertificate, IsForExactlyTheIdentifier) {
  const std::string long_name = std::string(60, 'a') + "." +
                                std::string(60, 'b') + "." +
                                std::string(60, 'c') + ".example.com";
  for (const std::string& name :
       {std::string("www.example.com"), long_name, std::string("192.0.2.1"),
        std::string("2001:db8::1")}) {
    EXPECT_EQ(names_in(made_for(name)),
              std::vector{parse_identifier(name).value()});
  }
}

TEST(ChallengeCertificate, IsSignedByItsOwnKey) {
  const ChallengeCertificate made = made_for("www.example.com");
  const X509Ptr certificate = parsed(made);
  const auto key = PrivateKey::from_der(made.key);
  ASSERT_TRUE(key);
  EXPECT_EQ(key->type(), KeyType::kEcdsa256);
  EXPECT_EQ(X509_check_private_key(certificate.get(), key->get()), 1);
  EXPECT_EQ(X509_verify(certificate.get(), key->get()), 1);
  EXPECT_EQ(X509_NAME_cmp(X509_get_subject_name(certificate.get()),
                          X509_get_issuer_name(certificate.get())),
            0);
  EXPECT_EQ(X509_get_version(certificate.get()), X509_VERSION_3);
}

TEST(ChallengeCertificate, HasAKeyThatNoOtherHas) {
  EXPECT_NE(made_for("www.example.com").key, made_for("www.example.com").key);
}

}  // namespace
}  // namespace acme
