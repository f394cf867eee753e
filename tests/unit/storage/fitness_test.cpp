// SPDX-License-Identifier: BSD-2-Clause
// Which certificates may be served for which names.
#include "acme_core/storage/fitness.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "tests/support/test_ca.h"

namespace acme {
namespace {

using Names = std::vector<std::string>;

TEST(Uncovered, IsNoneWhenItCoversEveryName) {
  const auto wished = identifiers_of({"www.example.org", "192.0.2.1"});
  EXPECT_EQ(uncovered(wished, Names{"192.0.2.1", "more.example.org",
                                    "www.example.org"}),
            Names());
  EXPECT_EQ(uncovered(wished, Names{"www.example.org"}), Names{"192.0.2.1"});
}

TEST(WhyUnfit, NamesWhatIsWrong) {
  TestCa ca;
  const PrivateKey key = PrivateKey::generate(KeyType::kEcdsa256);
  const auto names = identifiers_of({"example.com"});
  const auto fault = [&](const std::string& pem,
                         KeyType wished = KeyType::kEcdsa256) {
    return why_unfit({CertificateChain::from_pem(pem).value(),
                      PrivateKey::from_pem(key.to_pem()).value()},
                     names, wished);
  };

  EXPECT_EQ(fault(ca.issue(names, key)), "");
  EXPECT_EQ(fault(ca.issue(names, PrivateKey::generate(KeyType::kEcdsa256))),
            "does not match its private key");
  EXPECT_EQ(fault(ca.issue(identifiers_of({"a.example"}), key)),
            "does not cover every name");
  EXPECT_EQ(fault(ca.issue(names, key), KeyType::kRsa2048),
            "has a key of another type");
  EXPECT_EQ(fault(self_signed(names, key) + ca.root_pem()),
            "is not signed by the next one of its chain");
}

}  // namespace
}  // namespace acme
