// SPDX-License-Identifier: BSD-2-Clause
// Which stored certificates may be served, by what is known of them.
#include <gtest/gtest.h>

#include "acme_core/engine/order_flow.h"
#include "tests/support/test_ca.h"

namespace acme {
namespace {

using namespace std::chrono_literals;

constexpr TimePoint kNow{std::chrono::seconds{1'800'000'000}};

VerifiedPair pair_for(std::vector<std::string> names, TimePoint not_after) {
  VerifiedPair pair;
  pair.facts.identifiers = std::move(names);
  pair.facts.key = "ecdsa:256";
  pair.facts.not_after = rfc3339(not_after);
  return pair;
}

TEST(IsFit, UntilItExpires) {
  const CertificateSpec spec{.identifiers =
                                 identifiers_of({"www.example.org"})};
  const VerifiedPair pair = pair_for({"www.example.org"}, kNow);
  EXPECT_TRUE(is_fit(pair, spec, kNow - 1s));
  EXPECT_FALSE(is_fit(pair, spec, kNow));
}

TEST(IsFit, WhenItCoversEveryName) {
  const CertificateSpec spec{
      .identifiers = identifiers_of({"www.example.org", "192.0.2.1"})};
  EXPECT_TRUE(is_fit(
      pair_for({"192.0.2.1", "more.example.org", "www.example.org"}, kNow + 1h),
      spec, kNow));
  EXPECT_FALSE(is_fit(pair_for({"www.example.org"}, kNow + 1h), spec, kNow));
}

TEST(IsFit, ForItsKindOfKeyOnly) {
  CertificateSpec spec{.identifiers = identifiers_of({"www.example.org"})};
  spec.key_type = KeyType::kRsa2048;
  EXPECT_FALSE(is_fit(pair_for({"www.example.org"}, kNow + 1h), spec, kNow));
}

TEST(IsFit, NotWithoutADate) {
  const CertificateSpec spec{.identifiers =
                                 identifiers_of({"www.example.org"})};
  VerifiedPair pair = pair_for({"www.example.org"}, kNow + 1h);
  pair.facts.not_after = "soon";
  EXPECT_FALSE(is_fit(pair, spec, kNow));
}

}  // namespace
}  // namespace acme
