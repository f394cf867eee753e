// SPDX-License-Identifier: BSD-2-Clause
#include "acme_core/crypto/self_signed.h"

#include <gtest/gtest.h>

#include "acme_core/crypto/certificate.h"
#include "tests/support/test_ca.h"

namespace acme {
namespace {

using std::chrono::hours;

constexpr TimePoint kMadeAt{std::chrono::seconds{1'800'000'000}};

CertificateChain chain_of(const X509Ptr& certificate) {
  unsigned char* der = nullptr;
  const int size = i2d_X509(certificate.get(), &der);
  const OpensslMemoryPtr<unsigned char> owner(der);
  const std::vector<std::vector<std::uint8_t>> ders{{der, der + size}};
  return CertificateChain::from_der(ders).value();
}

TEST(MakeSelfSigned, VouchesForItsOwnKeyAndNames) {
  const PrivateKey key = PrivateKey::generate(KeyType::kEcdsa256);
  const auto names = identifiers_of({"www.example.org", "192.0.2.1"});
  const X509Ptr made = make_self_signed(key, {.identifiers = names,
                                              .common_name = "a test",
                                              .not_before = kMadeAt,
                                              .lifetime = hours(24)});

  const CertificateChain chain = chain_of(made);
  EXPECT_TRUE(chain.matches(key));
  EXPECT_TRUE(chain.covers(names));
  EXPECT_EQ(chain.issuer_name(), "a test");
  EXPECT_EQ(chain.not_before(), kMadeAt);
  EXPECT_EQ(chain.not_after(), kMadeAt + hours(24));
  EXPECT_EQ(X509_verify(made.get(), key.get()), 1);
  EXPECT_EQ(X509_check_ca(made.get()), 0);
}

TEST(MakeSelfSigned, WorksForEveryKeyTypeAndWithoutNames) {
  for (const KeyType type : {KeyType::kEcdsa384, KeyType::kRsa2048}) {
    const PrivateKey key = PrivateKey::generate(type);
    const X509Ptr made = make_self_signed(key, {.identifiers = {},
                                                .common_name = "a test",
                                                .not_before = kMadeAt,
                                                .lifetime = hours(1)});
    EXPECT_EQ(X509_verify(made.get(), key.get()), 1) << to_string(type);
  }
}

TEST(MakeSelfSigned, NeverHasTheSameSerialTwice) {
  const PrivateKey key = PrivateKey::generate(KeyType::kEcdsa256);
  const SelfSignedSpec spec{.identifiers = {},
                            .common_name = "a test",
                            .not_before = kMadeAt,
                            .lifetime = hours(1)};
  EXPECT_NE(chain_of(make_self_signed(key, spec)).serial(),
            chain_of(make_self_signed(key, spec)).serial());
}

TEST(MakeSelfSigned, MarksNamesAsCriticalWhereThereIsNoSubject) {
  // RFC 5280 section 4.1.2.6.
  const PrivateKey key = PrivateKey::generate(KeyType::kEcdsa256);
  const auto names = identifiers_of({"www.example.org"});
  const X509Ptr made = make_self_signed(key, {.identifiers = names,
                                              .common_name = "",
                                              .not_before = kMadeAt,
                                              .lifetime = hours(1)});
  const int at = X509_get_ext_by_NID(made.get(), NID_subject_alt_name, -1);
  ASSERT_GE(at, 0);
  EXPECT_EQ(X509_EXTENSION_get_critical(X509_get_ext(made.get(), at)), 1);
}

}  // namespace
}  // namespace acme
