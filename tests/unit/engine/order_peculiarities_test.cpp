// SPDX-License-Identifier: BSD-2-Clause
// Orders as CAs really answer them: what broke other clients, and what an
// issuer's options change.
#include <gtest/gtest.h>

#include <chrono>
#include <string>
#include <vector>

#include "tests/unit/engine/order_flow_fixture.h"

namespace acme {
namespace {

using OrderPeculiarities = OrderFlowTest;

TEST_F(OrderPeculiarities, TakesAnOrderThatIsReadyAtOnce) {
  ca_.start_with_valid_authorizations();
  EXPECT_TRUE(obtain().chain.covers(spec_.identifiers));
  EXPECT_EQ(ca_.count(Resource::kChallenge), 0U);
}

TEST_F(OrderPeculiarities, TakesAnOrderWithoutAuthorizations) {
  ca_.no_authorizations();
  EXPECT_TRUE(obtain().chain.covers(spec_.identifiers));
  EXPECT_EQ(ca_.count(Resource::kAuthorization), 0U);
}

TEST_F(OrderPeculiarities, TakesTheCertificateThatNewOrderReturnsAtOnce) {
  ca_.issue_at_once();
  const StoredCertificate first = obtain();
  store_.remove_order(spec_.storage_name());
  current_ = &first;
  const StoredCertificate again = obtain();
  EXPECT_EQ(again.chain.der(), first.chain.der());
  EXPECT_TRUE(again.chain.matches(again.key));
  EXPECT_EQ(ca_.count(Resource::kFinalize), 1U);
}

TEST_F(OrderPeculiarities, RefusesACertificateOfNewOrderWhoseKeyWeDoNotHave) {
  ca_.issue_at_once();
  static_cast<void>(obtain());
  store_.remove_order(spec_.storage_name());
  EXPECT_EQ(failure().kind(), ErrorKind::kPermanent);
}

TEST_F(OrderPeculiarities, ProvesAnApexWhoseWildcardIsProvedAlready) {
  spec_.identifiers = identifiers_of({"example.com", "*.example.com"});
  ca_.start_with_valid_authorizations();
  EXPECT_TRUE(obtain().chain.covers(spec_.identifiers));
}

TEST_F(OrderPeculiarities, SaysThatAWildcardCannotBeProvedThisWay) {
  spec_.identifiers = identifiers_of({"example.com", "*.example.com"});
  const Error error = failure();
  EXPECT_EQ(error.kind(), ErrorKind::kPermanent);
  EXPECT_NE(
      std::string(error.what()).find("\"*.example.com\" needs a DNS challenge"),
      std::string::npos);
}

TEST_F(OrderPeculiarities, WaitsForAChallengeThatIsBeingProcessed) {
  ca_.stay_validating(3);
  EXPECT_TRUE(obtain().chain.covers(spec_.identifiers));
  EXPECT_EQ(ca_.count(Resource::kChallenge), 2U);
}

TEST_F(OrderPeculiarities, TriesAgainAChallengeThatStaysPendingAfterAFailure) {
  ca_.allow_more_attempts();
  ca_.validate_by([](const std::string&) { return std::nullopt; });
  const Error error = failure();
  EXPECT_EQ(error.names(), std::vector<std::string>{"www.example.com"});
  EXPECT_TRUE(has_stored_order());

  ca_.validate_by(
      [this](const std::string& token) { return publisher_.answer(token); });
  EXPECT_TRUE(obtain().chain.covers(spec_.identifiers));
  EXPECT_EQ(ca_.count(Resource::kNewOrder), 1U);
}

TEST_F(OrderPeculiarities, RefusesAnOrderForOtherNames) {
  ca_.change_identifiers();
  EXPECT_NE(std::string(failure().what()).find("other names"),
            std::string::npos);
  EXPECT_FALSE(has_stored_order());
}

TEST_F(OrderPeculiarities, NamesTheOneThatFailedAndGivesUpWhatIsStillPending) {
  // The first name's validation never ends; the second one's fails.
  ca_.fail_next(Resource::kChallenge, ScriptedCa::body(200, "{}"));
  ca_.validate_by([](const std::string&) { return std::nullopt; });
  const Error error = failure();
  EXPECT_EQ(error.names(), std::vector<std::string>{"example.com"});
  EXPECT_NE(std::string(error.what()).find("could not verify \"example.com\""),
            std::string::npos);
  EXPECT_EQ(ca_.deactivated_authorizations(), 1U);
  EXPECT_FALSE(has_stored_order());
}

TEST_F(OrderPeculiarities, IssuesPastTheYear2038) {
  clock_.set(
      std::chrono::sys_days(std::chrono::year(2040) / std::chrono::June / 1));
  EXPECT_GT(obtain().chain.not_after(), clock_.now() + 80 * 24h);
}

TEST_F(OrderPeculiarities, PrefersTheChainOfTheConfiguredRoot) {
  ca_.offer_alternate();
  issuer_.preferred_chain = "Other Root";
  EXPECT_EQ(obtain().chain.top_issuer_name(), "Other Root");
}

TEST_F(OrderPeculiarities, TakesTheFirstChainWhenThePreferredIsNotOffered) {
  ca_.offer_alternate();
  issuer_.preferred_chain = "No Such Root";
  EXPECT_EQ(obtain().chain.top_issuer_name(), "Test Root");
  EXPECT_TRUE(
      logger_.contains("no chain up to \"No Such Root\" but to \"Test "
                       "Root\", \"Other Root\""));
}

TEST_F(OrderPeculiarities, OrdersTheConfiguredProfile) {
  ca_.offer_profiles({{"classic", ""}, {"shortlived", ""}});
  clock_.advance(2h);  // the directory is read again
  issuer_.profile = "shortlived";
  static_cast<void>(obtain());
  EXPECT_NE(
      ca_.payloads(Resource::kNewOrder)[0].find("\"profile\":\"shortlived\""),
      std::string::npos);
}

TEST_F(OrderPeculiarities, OrdersWithoutAProfileThatIsNotOffered) {
  ca_.offer_profiles({{"classic", ""}});
  clock_.advance(2h);  // the directory is read again
  issuer_.profile = "shortlived";
  static_cast<void>(obtain());
  EXPECT_TRUE(logger_.contains("no profile \"shortlived\" (it has: classic)"));
}

TEST_F(OrderPeculiarities, OrdersNothingWithoutARequiredProfile) {
  ca_.offer_profiles({{"classic", ""}});
  clock_.advance(2h);  // the directory is read again
  issuer_.profile = "shortlived";
  issuer_.profile_required = true;
  EXPECT_EQ(failure().kind(), ErrorKind::kConfiguration);
  EXPECT_EQ(ca_.count(Resource::kNewOrder), 0U);
}

TEST_F(OrderPeculiarities, KeepsTheKeyWhenToldTo) {
  const StoredCertificate first = obtain();
  store_.remove_order(spec_.storage_name());
  current_ = &first;
  EXPECT_NE(obtain().key.jwk(), first.key.jwk());
  store_.remove_order(spec_.storage_name());
  issuer_.reuse_key = true;
  EXPECT_EQ(obtain().key.jwk(), first.key.jwk());
}

TEST_F(OrderPeculiarities, FindsTheOrderWhoseAnswerGotLost) {
  ca_.list_orders(true);
  ca_.lose_next_answer(Resource::kNewOrder);
  EXPECT_EQ(failure().kind(), ErrorKind::kUnavailable);
  EXPECT_TRUE(obtain().chain.covers(spec_.identifiers));
  EXPECT_EQ(ca_.count(Resource::kNewOrder), 1U);
}

TEST_F(OrderPeculiarities, TakesNoOrderThatIsAnothersForTheSameNames) {
  ca_.list_orders(true);
  // The same names with an RSA key: its order is under way.
  CertificateSpec twin = spec_;
  twin.key_type = KeyType::kRsa2048;
  const Order order =
      client_.new_order({.identifiers = spec_.identifiers}, {}).resource;
  store_.save_order(
      twin.storage_name(),
      {order.url, spec_.identifiers, PrivateKey::generate(KeyType::kRsa2048)});
  store_.save_order(
      spec_.storage_name(),
      {"", spec_.identifiers, PrivateKey::generate(KeyType::kEcdsa256)});
  others_ = {twin};
  static_cast<void>(obtain());
  EXPECT_EQ(ca_.count(Resource::kNewOrder), 2U);
}

TEST_F(OrderPeculiarities, SaysHowFarThisMachinesClockIsOff) {
  ca_.set_clock_skew(5h);
  static_cast<void>(obtain());
  EXPECT_TRUE(logger_.contains(
      "this machine's clock is 5 hours behind the CA's; set the clock"));
}

TEST_F(OrderPeculiarities, SaysThatTheClockIsWhyACertificateLooksExpired) {
  ca_.set_clock_skew(-24h * 200);
  ca_.issue_for(clock_.now() - 24h * 200, clock_.now() - 24h * 110);
  const std::string what = failure().what();
  EXPECT_NE(what.find("has expired"), std::string::npos);
  EXPECT_NE(what.find("4800 hours ahead of the CA's"), std::string::npos);
}

}  // namespace
}  // namespace acme
