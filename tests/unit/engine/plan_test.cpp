// SPDX-License-Identifier: BSD-2-Clause
#include "acme_core/engine/plan.h"

#include <gtest/gtest.h>

namespace acme {
namespace {

constexpr auto kDns = Identifier::Type::kDns;
constexpr auto kIp = Identifier::Type::kIp;

TEST(CertificateSpec, IsNamedAfterItsFirstDnsName) {
  EXPECT_EQ((CertificateSpec{.identifiers = {{kIp, "192.0.2.1"},
                                             {kDns, "www.example.com"},
                                             {kDns, "example.com"}}}
                 .name()),
            "www.example.com");
  EXPECT_EQ((CertificateSpec{.identifiers = {{kIp, "192.0.2.1"}}}.name()),
            "192.0.2.1");
}

// Expected values: SipHash-2-4 computed by an independent implementation over
// the byte string that plan.cpp describes.
TEST(CertificateSpec, HasTheStorageNameOfTheOfficialModule) {
  EXPECT_EQ((CertificateSpec{.identifiers = {{kDns, "www.example.com"},
                                             {kDns, "example.com"}}}
                 .storage_name()),
            "www.example.com-90897f3092e888f0");
  EXPECT_EQ((CertificateSpec{
                .identifiers = {{kDns, "example.com"}, {kIp, "192.0.2.1"}},
                .key_type = KeyType::kRsa2048}
                 .storage_name()),
            "example.com-890d4d95e5240498");
}

TEST(CertificateSpec, IsStoredUnderTheNamesAsTheyWereWrittenWithRepetitions) {
  CertificateSpec spec{
      .identifiers = {{kDns, "example.com"}, {kDns, "www.example.com"}}};
  const std::string without = spec.storage_name();
  spec.as_written = {
      {kDns, "example.com"}, {kDns, "www.example.com"}, {kDns, "example.com"}};
  EXPECT_EQ(spec.storage_name(), "example.com-c5170e541afcddfd");
  EXPECT_NE(spec.storage_name(), without);
}

TEST(CertificateSpec, KeepsCertificatesOfDifferentKeyTypesApart) {
  CertificateSpec ecdsa{.identifiers = {{kDns, "example.com"}}};
  CertificateSpec rsa = ecdsa;
  rsa.key_type = KeyType::kRsa2048;
  EXPECT_NE(ecdsa.storage_name(), rsa.storage_name());
}

}  // namespace
}  // namespace acme
