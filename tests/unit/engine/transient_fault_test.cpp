// SPDX-License-Identifier: BSD-2-Clause
// What passes within seconds does not end an order.
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "tests/unit/engine/order_flow_fixture.h"

namespace acme {
namespace {

class PassingFault : public OrderFlowTest {
 protected:
  // Resources of an order, which may be asked about again.
  const std::vector<Resource> steps_{Resource::kOrder, Resource::kAuthorization,
                                     Resource::kChallenge, Resource::kFinalize,
                                     Resource::kCertificate};
};

TEST_F(PassingFault, IsMetByAskingAgain) {
  const std::vector<ScriptedCa::Fault> faults{
      ScriptedCa::no_answer(),
      ScriptedCa::body(502, "<html>"),
      ScriptedCa::body(503, "busy"),
      ScriptedCa::problem(503, "rateLimited", "", "3"),
      ScriptedCa::body(404, "soon"),
      ScriptedCa::problem(404, "malformed", "no such thing")};
  for (const Resource step : steps_) {
    for (const ScriptedCa::Fault& fault : faults) {
      const TimePoint start = clock_.now();
      const unsigned orders = ca_.count(Resource::kNewOrder);
      ca_.stay_processing(1);
      for (int i = 0; i < 3; ++i) {
        ca_.fail_next(step, fault);
      }
      EXPECT_TRUE(obtain().chain.covers(spec_.identifiers));
      store_.remove_order(spec_.storage_name());
      EXPECT_EQ(ca_.count(Resource::kNewOrder), orders + 1);
      EXPECT_LT(clock_.now() - start, 30s);
      EXPECT_EQ(logger_.count_from(LogLevel::kNotice), 0U);
    }
  }
}

TEST_F(PassingFault, CountsTheFourthTime) {
  for (int i = 0; i < 4; ++i) {
    ca_.fail_next(Resource::kAuthorization, ScriptedCa::no_answer());
  }
  EXPECT_EQ(failure().kind(), ErrorKind::kUnavailable);
  EXPECT_EQ(ca_.count(Resource::kAuthorization), 4U);
  EXPECT_TRUE(has_stored_order());
}

TEST_F(PassingFault, IsNoneWhenTheCaAsksForALongPause) {
  ca_.fail_next(Resource::kFinalize,
                ScriptedCa::problem(503, "rateLimited", "busy", "600"));
  const Error error = failure();
  EXPECT_EQ(error.kind(), ErrorKind::kUnavailable);
  EXPECT_EQ(ca_.count(Resource::kFinalize), 1U);
  ASSERT_TRUE(error.retry_at());
}

TEST_F(PassingFault, IsNoneWhenTheCaRefuses) {
  ca_.fail_next(Resource::kFinalize,
                ScriptedCa::problem(400, "badCSR", "no such keys"));
  EXPECT_EQ(failure().problem_type(), "badCSR");
  EXPECT_EQ(ca_.count(Resource::kFinalize), 1U);
}

TEST_F(PassingFault, LosesNoOrderThatWasFinalizedUnheard) {
  ca_.lose_next_answer(Resource::kFinalize);
  EXPECT_TRUE(obtain().chain.covers(spec_.identifiers));
  EXPECT_EQ(ca_.count(Resource::kFinalize), 1U);
}

// A 503 says that it was not opened; silence does not.
TEST_F(PassingFault, OpensNoSecondOrderForOneThatMayBeOpen) {
  ca_.fail_next(Resource::kNewOrder, ScriptedCa::body(503, "busy"));
  EXPECT_TRUE(obtain().chain.covers(spec_.identifiers));
  store_.remove_order(spec_.storage_name());
  ca_.fail_next(Resource::kNewOrder, ScriptedCa::no_answer());
  EXPECT_EQ(failure().kind(), ErrorKind::kUnavailable);
  EXPECT_EQ(ca_.count(Resource::kNewOrder), 3U);
}

using UnaskedOrder = OrderFlowTest;

TEST_F(UnaskedOrder, GoesStraightOnWithoutAuthorizations) {
  for (const bool omitted : {false, true}) {
    for (const bool pending : {false, true}) {
      ca_.no_authorizations(omitted, pending);
      EXPECT_TRUE(obtain().chain.covers(spec_.identifiers));
      store_.remove_order(spec_.storage_name());
    }
  }
  EXPECT_EQ(ca_.count(Resource::kAuthorization), 0U);
  EXPECT_EQ(most_live_, 0U);
}

TEST_F(UnaskedOrder, NeedsNoChallengeNorListener) {
  issuer_.preauthorized = true;
  ca_.no_authorizations(true);
  spec_.identifiers = identifiers_of({"*.example.com", "example.com"});
  EXPECT_TRUE(obtain().chain.covers(spec_.identifiers));
}

TEST_F(UnaskedOrder, SaysSoWhenTheCaAsksAllTheSame) {
  issuer_.preauthorized = true;
  const Error error = failure();
  EXPECT_EQ(error.kind(), ErrorKind::kPermanent);
  EXPECT_NE(std::string(error.what()).find("\"challenge none\" offers none"),
            std::string::npos);
}

using Strays = OrderFlowTest;

TEST_F(Strays, AreLeftOutOfTheChain) {
  TestCa other;
  const std::string stranger =
      other.issue(identifiers_of({"stranger.example"}),
                  PrivateKey::generate(KeyType::kEcdsa256), clock_.now(),
                  clock_.now() + 24h);
  const std::string end = "-----END CERTIFICATE-----\n";
  const std::string alone = stranger.substr(0, stranger.find(end) + end.size());
  for (const bool repeated : {false, true}) {
    ca_.change_chains([&](const std::string& chain) {
      return chain + (repeated ? chain : alone);
    });
    const auto certificate = obtain();
    EXPECT_EQ(certificate.chain.der().size(), 2U);
    EXPECT_TRUE(certificate.chain.is_linked());
    EXPECT_TRUE(logger_.contains("it is served without them"));
    store_.remove_order(spec_.storage_name());
  }
  EXPECT_EQ(ca_.count(Resource::kNewOrder), 2U);
}

}  // namespace
}  // namespace acme
