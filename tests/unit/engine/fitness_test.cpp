// SPDX-License-Identifier: BSD-2-Clause
// Which stored certificates may be served, by what is known of them.
#include "acme_core/engine/fitness.h"

#include <gtest/gtest.h>

#include "tests/support/test_ca.h"

namespace acme {
namespace {

VerifiedPair pair_for(std::vector<std::string> names) {
  VerifiedPair pair;
  pair.facts.identifiers = std::move(names);
  pair.facts.key = "ecdsa:256";
  return pair;
}

TEST(IsFit, WhenItCoversEveryName) {
  const CertificateSpec spec{
      .identifiers = identifiers_of({"www.example.org", "192.0.2.1"})};
  EXPECT_TRUE(is_fit(
      pair_for({"192.0.2.1", "more.example.org", "www.example.org"}), spec));
  EXPECT_FALSE(is_fit(pair_for({"www.example.org"}), spec));
}

TEST(IsFit, ForItsKindOfKeyOnly) {
  CertificateSpec spec{.identifiers = identifiers_of({"www.example.org"})};
  spec.key_type = KeyType::kRsa2048;
  EXPECT_FALSE(is_fit(pair_for({"www.example.org"}), spec));
}

}  // namespace
}  // namespace acme
