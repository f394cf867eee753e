// SPDX-License-Identifier: BSD-2-Clause
// Who is shown a certificate that lacks some of a server's names.
#include "ngx_module/serve/tls_coverage.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "acme_core/crypto/certificate.h"
#include "tests/support/test_ca.h"

namespace ngx_acme {
namespace {

std::vector<acme::Identifier> dns(const std::vector<std::string>& names) {
  std::vector<acme::Identifier> identifiers;
  for (const std::string& name : names) {
    identifiers.push_back({acme::Identifier::Type::kDns, name});
  }
  return identifiers;
}

Coverage coverage(const std::vector<std::string>& certificate,
                  const std::vector<std::string>& server) {
  const auto key = acme::PrivateKey::generate(acme::KeyType::kEcdsa256);
  acme::TestCa ca;
  const auto chain =
      acme::CertificateChain::from_pem(ca.issue(dns(certificate), key));
  return {chain->der().front(), dns(server)};
}

TEST(Coverage, OfAllNamesServesEverybody) {
  const Coverage all =
      coverage({"a.example", "*.b.example"}, {"a.example", "www.b.example"});
  EXPECT_TRUE(all.has_all());
  for (const char* const name : {"a.example", "www.b.example", "other", ""}) {
    EXPECT_TRUE(all.serves(name)) << name;
  }
}

TEST(Coverage, SendsWhoeverAsksForAMissingNameElsewhere) {
  const Coverage some = coverage({"a.example"}, {"a.example", "b.example"});
  EXPECT_EQ(some.missing(), 1U);
  EXPECT_TRUE(some.serves("a.example"));
  EXPECT_FALSE(some.serves("b.example"));
  EXPECT_FALSE(some.serves("B.Example"));
}

TEST(Coverage, IsNotAskedOfClientsThatAskForNoNameOfTheServer) {
  const Coverage some = coverage({"a.example"}, {"a.example", "b.example"});
  EXPECT_TRUE(some.serves(""));
  EXPECT_TRUE(some.serves("unknown.example"));
  EXPECT_TRUE(some.serves(std::string(300, 'x')));
}

TEST(Coverage, KnowsWhatAWildcardCoversAndWhatItLacks) {
  const Coverage some =
      coverage({"*.example", "a.b.example"}, {"*.example", "*.b.example"});
  EXPECT_TRUE(some.serves("www.example"));
  EXPECT_TRUE(some.serves("a.b.example"));
  EXPECT_FALSE(some.serves("c.b.example"));
}

TEST(Coverage, OfWhatIsNoCertificateIsNobodysConcern) {
  const Coverage none({1, 2, 3}, dns({"a.example"}));
  EXPECT_TRUE(none.has_all());
  EXPECT_TRUE(none.serves("a.example"));
}

}  // namespace
}  // namespace ngx_acme
