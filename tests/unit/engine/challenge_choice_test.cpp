// SPDX-License-Identifier: BSD-2-Clause
// Which challenge an order answers, and what it does about the others.
#include <gtest/gtest.h>

#include <algorithm>
#include <optional>
#include <string>
#include <vector>

#include "acme_core/crypto/digest.h"
#include "acme_core/protocol/challenge.h"
#include "tests/support/test_name.h"
#include "tests/unit/engine/order_flow_fixture.h"

namespace acme {
namespace {

class ChallengeChoice : public OrderFlowTest {
 protected:
  // The CA looks at the challenge certificates, and takes one with the digest
  // of the key authorization (RFC 8737 section 3).
  void validate_by_tls() {
    ca_.offer_challenges({"tls-alpn-01"});
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
  issuer_.challenges = {ChallengeType::kTlsAlpn01};
  EXPECT_TRUE(obtain().chain.covers(spec_.identifiers));
  EXPECT_TRUE(publisher_.live_tls_alpn().empty());
  EXPECT_EQ(most_live_, 0U);
}

TEST_F(ChallengeChoice, ShowsIpAddressesByTheirReverseNames) {
  validate_by_tls();
  issuer_.challenges = {ChallengeType::kTlsAlpn01};
  spec_.identifiers = identifiers_of({"192.0.2.1"});
  EXPECT_TRUE(obtain().chain.covers(spec_.identifiers));
  EXPECT_EQ(seen_, std::vector<std::string>{"1.2.0.192.in-addr.arpa"});
}

TEST_F(ChallengeChoice, FollowsTheCertificateRatherThanTheIssuer) {
  spec_.challenges = {ChallengeType::kHttp01};
  issuer_.challenges = {ChallengeType::kTlsAlpn01};
  EXPECT_TRUE(obtain().chain.covers(spec_.identifiers));
  EXPECT_NE(most_live_, 0U);
}

TEST_F(ChallengeChoice, SaysWhichChallengeTheCaDoesNotOffer) {
  issuer_.challenges = {ChallengeType::kTlsAlpn01};
  const Error error = failure();
  EXPECT_EQ(error.kind(), ErrorKind::kPermanent);
  EXPECT_EQ(std::string(error.what()),
            "the CA offers no tls-alpn-01 challenge for \"www.example.com\"");
  EXPECT_FALSE(has_stored_order());
}

TEST_F(ChallengeChoice, SaysThatAWildcardNeedsAnotherOne) {
  validate_by_tls();
  issuer_.challenges = {ChallengeType::kTlsAlpn01};
  spec_.identifiers = identifiers_of({"*.example.com"});
  EXPECT_EQ(std::string(failure().what()),
            "the wildcard \"*.example.com\" needs a DNS challenge: tls-alpn-01 "
            "cannot prove it");
}

TEST_F(ChallengeChoice, ReportsWhatTheCaSawAndTakesEverythingAway) {
  validate_by_tls();
  ca_.validate_by([](const std::string&) { return std::nullopt; });
  issuer_.challenges = {ChallengeType::kTlsAlpn01};
  EXPECT_NE(std::string(failure().what()).find("could not verify"),
            std::string::npos);
  EXPECT_TRUE(publisher_.live_tls_alpn().empty());
}

TEST_F(ChallengeChoice, TriesAgainAChallengeThatStaysPendingAfterAFailure) {
  validate_by_tls();
  ca_.allow_more_attempts();
  ca_.validate_by([](const std::string&) { return std::nullopt; });
  issuer_.challenges = {ChallengeType::kTlsAlpn01};
  EXPECT_EQ(failure().names(), std::vector<std::string>{"www.example.com"});
  EXPECT_TRUE(has_stored_order());
}

// --- What may prove a name.

constexpr auto kHttp01 = ChallengeType::kHttp01;
constexpr auto kTlsAlpn01 = ChallengeType::kTlsAlpn01;
constexpr auto kDns01 = ChallengeType::kDns01;
constexpr auto kDnsPersist01 = ChallengeType::kDnsPersist01;

struct Case {
  std::string description;
  std::string name;
  std::vector<ChallengeType> configured;
  std::string zone;  // of a provider; "-": there is none
  Listeners listeners;
  std::vector<ChallengeType> expected;
};

class Candidates : public testing::TestWithParam<Case> {};

std::string name_of_case(const testing::TestParamInfo<Case>& parameter) {
  return test_name(parameter.param.description);
}

TEST_P(Candidates, AreWhatCanProveTheName) {
  const Case& given = GetParam();
  IssuerSpec issuer;
  issuer.challenges = given.configured;
  if (given.zone != "-") {
    issuer.dns.push_back({given.zone, ExecSpec{"/bin/true"}});
  }
  EXPECT_EQ(
      challenge_candidates(issuer, {}, parse_identifier(given.name).value(),
                           given.listeners),
      given.expected)
      << given.description;
}

constexpr Listeners kBoth;
constexpr Listeners kOnlyTls{Listening::kNowhere, Listening::kOnUsualPort};
constexpr Listeners kOnlyHttp{Listening::kOnUsualPort, Listening::kNowhere};
constexpr Listeners kHttpElsewhere{Listening::kOnOtherPorts,
                                   Listening::kOnUsualPort};
constexpr Listeners kAllElsewhere{Listening::kOnOtherPorts,
                                  Listening::kOnOtherPorts};
constexpr Listeners kNothing{Listening::kNowhere, Listening::kNowhere};

INSTANTIATE_TEST_SUITE_P(
    WithoutConfiguration, Candidates,
    testing::Values(
        Case{"a name", "a.example", {}, "-", kBoth, {kHttp01, kTlsAlpn01}},
        Case{
            "nothing on port 80", "a.example", {}, "-", kOnlyTls, {kTlsAlpn01}},
        Case{"nothing on port 443", "a.example", {}, "-", kOnlyHttp, {kHttp01}},
        Case{"plain HTTP on another port",
             "a.example",
             {},
             "-",
             kHttpElsewhere,
             {kTlsAlpn01, kHttp01}},
        Case{"all on other ports",
             "a.example",
             {},
             "-",
             kAllElsewhere,
             {kHttp01, kTlsAlpn01}},
        Case{"no listener", "a.example", {}, "-", kNothing, {kHttp01}},
        Case{"a provider comes last",
             "a.example",
             {},
             "",
             kBoth,
             {kHttp01, kTlsAlpn01, kDns01}},
        Case{"but before what may not be found",
             "a.example",
             {},
             "",
             kHttpElsewhere,
             {kTlsAlpn01, kDns01, kHttp01}},
        Case{"and where nothing listens",
             "a.example",
             {},
             "",
             kNothing,
             {kDns01, kHttp01}},
        Case{"a provider for other names",
             "a.example",
             {},
             "b.example",
             kBoth,
             {kHttp01, kTlsAlpn01}},
        Case{"a wildcard",
             "*.a.example",
             {},
             "a.example",
             kBoth,
             {kDns01, kDnsPersist01}},
        Case{"a wildcard without a provider",
             "*.a.example",
             {},
             "-",
             kBoth,
             {kDnsPersist01}},
        Case{"an address", "192.0.2.1", {}, "", kBoth, {kHttp01, kTlsAlpn01}},
        Case{"an address, nothing on port 80",
             "2001:db8::1",
             {},
             "",
             kOnlyTls,
             {kTlsAlpn01}}),
    name_of_case);

INSTANTIATE_TEST_SUITE_P(
    AsConfigured, Candidates,
    testing::Values(Case{"only those, in this order",
                         "a.example",
                         {kTlsAlpn01, kHttp01},
                         "",
                         kBoth,
                         {kTlsAlpn01, kHttp01}},
                    Case{"whatever listens",
                         "a.example",
                         {kHttp01},
                         "-",
                         kOnlyTls,
                         {kHttp01}},
                    Case{"a wildcard by what can",
                         "*.a.example",
                         {kHttp01, kDns01},
                         "",
                         kBoth,
                         {kDns01}},
                    Case{"a wildcard by nothing that can",
                         "*.a.example",
                         {kHttp01},
                         "",
                         kBoth,
                         {}},
                    Case{"DNS without a provider",
                         "a.example",
                         {kDns01, kHttp01},
                         "-",
                         kBoth,
                         {kHttp01}},
                    Case{"a record that was made by a person",
                         "*.a.example",
                         {kDnsPersist01},
                         "-",
                         kBoth,
                         {kDnsPersist01}},
                    Case{"an address by what can",
                         "192.0.2.1",
                         {kDns01, kTlsAlpn01},
                         "",
                         kBoth,
                         {kTlsAlpn01}}),
    name_of_case);

TEST(DnsProvider, IsTheOneWithTheLongestZone) {
  const std::vector<DnsProviderSpec> providers{
      {"", ExecSpec{"/all"}},
      {"example.com", ExecSpec{"/example"}},
      {"a.example.com", ExecSpec{"/a"}}};
  const auto path_for = [&](std::string_view name) {
    return std::get<ExecSpec>(find_dns_provider(providers, name)->how).path;
  };
  EXPECT_EQ(path_for("example.org"), "/all");
  EXPECT_EQ(path_for("example.com"), "/example");
  EXPECT_EQ(path_for("*.example.com"), "/example");
  EXPECT_EQ(path_for("aa.example.com"), "/example");
  EXPECT_EQ(path_for("*.a.example.com"), "/a");
  EXPECT_EQ(path_for("b.a.example.com"), "/a");
  EXPECT_EQ(path_for("notexample.com"), "/all");
  EXPECT_EQ(find_dns_provider({providers[1]}, "example.org"), nullptr);
}

TEST(Plan, KnowsWhichChallengesMayBeNeeded) {
  Plan plan;
  plan.issuers.resize(2);
  plan.issuers[0].challenges = {kHttp01};
  plan.issuers[1].challenges = {kHttp01};
  plan.certificates.push_back(
      {.issuers = {0, 1}, .identifiers = identifiers_of({"www.example.com"})});
  EXPECT_TRUE(plan.uses(kHttp01));
  EXPECT_FALSE(plan.uses(kTlsAlpn01));

  plan.issuers[1].challenges = {kTlsAlpn01};
  EXPECT_TRUE(plan.uses(kTlsAlpn01));

  plan.certificates[0].challenges = {kHttp01};
  EXPECT_FALSE(plan.uses(kTlsAlpn01));

  // One that may have to step in is needed too.
  plan.certificates[0].challenges.clear();
  plan.issuers[1].challenges.clear();
  EXPECT_TRUE(plan.uses(kTlsAlpn01));
}

}  // namespace
}  // namespace acme
