// SPDX-License-Identifier: BSD-2-Clause
// Which challenge an order answers, and what it does about the others.
#include <gtest/gtest.h>

#include <algorithm>
#include <optional>
#include <string>
#include <vector>

#include "acme_core/crypto/digest.h"
#include "acme_core/protocol/challenge.h"
#include "tests/unit/engine/order_flow_fixture.h"

namespace acme {
namespace {

class ChallengeChoice : public OrderFlowTest {
 protected:
  // The CA looks at the challenge certificates, and takes one with the digest
  // of the key authorization (RFC 8737 section 3).
  void validate_by_tls() {
    ca_.offer_challenge("tls-alpn-01");
    ca_.validate_by([this](const std::string& token) {
      const std::string expected =
          key_authorization(token, *client_.account_key());
      const auto digest = sha256(expected);
      for (const auto& [name, der] : publisher_.live_tls_alpn()) {
        seen_.push_back(name);
        if (std::search(der.begin(), der.end(), digest.begin(), digest.end()) !=
            der.end()) {
          return std::optional(expected);
        }
      }
      return std::optional<std::string>();
    });
  }

  std::vector<std::string> seen_;
};

TEST_F(ChallengeChoice, ProvesNamesByTlsWhenTheIssuerSaysSo) {
  validate_by_tls();
  issuer_.challenge = ChallengeType::kTlsAlpn01;
  EXPECT_TRUE(obtain().chain.covers(spec_.identifiers));
  EXPECT_TRUE(publisher_.live_tls_alpn().empty());
  EXPECT_EQ(most_live_, 0U);
}

TEST_F(ChallengeChoice, ShowsIpAddressesByTheirReverseNames) {
  validate_by_tls();
  issuer_.challenge = ChallengeType::kTlsAlpn01;
  spec_.identifiers = identifiers_of({"192.0.2.1"});
  EXPECT_TRUE(obtain().chain.covers(spec_.identifiers));
  EXPECT_EQ(seen_, std::vector<std::string>{"1.2.0.192.in-addr.arpa"});
}

TEST_F(ChallengeChoice, FollowsTheCertificateRatherThanTheIssuer) {
  spec_.challenge = ChallengeType::kHttp01;
  issuer_.challenge = ChallengeType::kTlsAlpn01;
  EXPECT_TRUE(obtain().chain.covers(spec_.identifiers));
  EXPECT_NE(most_live_, 0U);
}

TEST_F(ChallengeChoice, SaysWhichChallengeTheCaDoesNotOffer) {
  issuer_.challenge = ChallengeType::kTlsAlpn01;
  const Error error = failure();
  EXPECT_EQ(error.kind(), ErrorKind::kPermanent);
  EXPECT_EQ(std::string(error.what()),
            "the CA offers no tls-alpn-01 challenge for \"www.example.com\"");
  EXPECT_FALSE(has_stored_order());
}

TEST_F(ChallengeChoice, SaysThatAWildcardNeedsAnotherOne) {
  validate_by_tls();
  issuer_.challenge = ChallengeType::kTlsAlpn01;
  spec_.identifiers = identifiers_of({"*.example.com"});
  EXPECT_EQ(std::string(failure().what()),
            "the wildcard \"*.example.com\" needs a DNS challenge: tls-alpn-01 "
            "cannot prove it");
}

TEST_F(ChallengeChoice, ReportsWhatTheCaSawAndTakesEverythingAway) {
  validate_by_tls();
  ca_.validate_by([](const std::string&) { return std::nullopt; });
  issuer_.challenge = ChallengeType::kTlsAlpn01;
  EXPECT_NE(std::string(failure().what()).find("could not verify"),
            std::string::npos);
  EXPECT_TRUE(publisher_.live_tls_alpn().empty());
}

TEST_F(ChallengeChoice, TriesAgainAChallengeThatStaysPendingAfterAFailure) {
  validate_by_tls();
  ca_.allow_more_attempts();
  ca_.validate_by([](const std::string&) { return std::nullopt; });
  issuer_.challenge = ChallengeType::kTlsAlpn01;
  EXPECT_EQ(failure().names(), std::vector<std::string>{"www.example.com"});
  EXPECT_TRUE(has_stored_order());
}

TEST(Plan, KnowsWhichChallengesMayBeNeeded) {
  Plan plan;
  plan.issuers.resize(2);
  plan.certificates.emplace_back().issuers = {0, 1};
  EXPECT_TRUE(plan.uses(ChallengeType::kHttp01));
  EXPECT_FALSE(plan.uses(ChallengeType::kTlsAlpn01));

  plan.issuers[1].challenge = ChallengeType::kTlsAlpn01;
  EXPECT_TRUE(plan.uses(ChallengeType::kTlsAlpn01));

  plan.certificates[0].challenge = ChallengeType::kHttp01;
  EXPECT_FALSE(plan.uses(ChallengeType::kTlsAlpn01));
}

}  // namespace
}  // namespace acme
