// SPDX-License-Identifier: BSD-2-Clause
// Every way in which a CA can fail a step of an order, and what becomes of it:
// the right kind of error, nothing left behind, and success once it is over.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <string>

#include "tests/unit/engine/misbehaviours.h"
#include "tests/unit/engine/order_flow_fixture.h"

namespace acme {
namespace {

class MisbehavingCa : public OrderFlowTest {
 protected:
  // What a certificate's renewal goes through.
  void meet(const Step& step, const Misbehaviour& misbehaviour) {
    SCOPED_TRACE(step.name + ", " + misbehaviour.name);
    const bool is_repeated =
        step.resource != Resource::kNewOrder &&
        (misbehaviour.name == "NoAnswer" || misbehaviour.name == "NotFound");
    if (is_repeated) {
      outlast_repeats(step.resource, misbehaviour.fault);
    } else {
      ca_.fail_next(step.resource, misbehaviour.fault);
    }
    TimePoint failed_at;
    try {
      static_cast<void>(obtain());
      EXPECT_FALSE(misbehaviour.kind) << "a certificate was issued";
      store_.remove_order(spec_.storage_name());
      return;
    } catch (const Error& error) {
      failed_at = clock_.now();
      ASSERT_TRUE(misbehaviour.kind) << error.what();
      EXPECT_EQ(error.kind(), *misbehaviour.kind) << error.what();
      EXPECT_THAT(error.what(), testing::HasSubstr(misbehaviour.message));
      if (misbehaviour.retry_after) {
        EXPECT_NEAR(
            std::chrono::duration<double>(*error.retry_at() - failed_at)
                .count(),
            std::chrono::duration<double>(*misbehaviour.retry_after).count(),
            60);
      }
    }
    EXPECT_EQ(publisher_.live_challenges(), 0U);
    // Once it is over: the order goes on, or a new one is opened.
    const unsigned orders = ca_.count(Resource::kNewOrder);
    EXPECT_TRUE(obtain().chain.covers(spec_.identifiers));
    EXPECT_LE(ca_.count(Resource::kNewOrder), orders + 1);
    store_.remove_order(spec_.storage_name());
  }
};

TEST_F(MisbehavingCa, FailsAnyStepByAnyProblem) {
  for (const Step& step : kSteps) {
    for (const Misbehaviour& misbehaviour : misbehaviours()) {
      meet(step, misbehaviour);
    }
  }
}

TEST_F(MisbehavingCa, AnswersAnyStepByAnythingButWhatWasAsked) {
  for (const Step& step : kSteps) {
    // What it answers to a challenge is not looked at, only the authorization.
    if (step.resource == Resource::kChallenge ||
        step.resource == Resource::kCertificate) {
      continue;
    }
    for (const Misbehaviour& misbehaviour : malformed_bodies()) {
      meet(step, misbehaviour);
    }
  }
}

TEST_F(MisbehavingCa, SendsAnythingButACertificate) {
  for (const std::string& text :
       {std::string(), std::string("<html>"), std::string("{}"),
        std::string("-----BEGIN CERTIFICATE-----\nAAAA\n"
                    "-----END CERTIFICATE-----\n"),
        PrivateKey::generate(KeyType::kEcdsa256).jwk()}) {
    meet(kSteps.back(), {"Text", ScriptedCa::body(200, text),
                         ErrorKind::kTransient, "not a certificate chain"});
  }
}

TEST_F(MisbehavingCa, SendsACertificateForAnotherKey) {
  ca_.issue_wrongly(PrivateKey::generate(KeyType::kEcdsa256),
                    {"www.example.com"});
  EXPECT_THROW(static_cast<void>(obtain()), Error);
  EXPECT_FALSE(store_.load_order(spec_.storage_name()).value);
}

TEST_F(MisbehavingCa, ChangesThePlacesOfItsResources) {
  // A URL on another host is the CA's own business; one without TLS is not.
  ca_.fail_next(Resource::kDirectory,
                ScriptedCa::body(200, R"({"newNonce":"http://ca/n",)"
                                      R"("newAccount":"https://ca/a",)"
                                      R"("newOrder":"https://ca/o"})"));
  Client fresh(ca_, clock_, std::string(ScriptedCa::kDirectoryUrl),
               PrivateKey::generate(KeyType::kEcdsa256));
  EXPECT_THROW(fresh.new_account({}, {}), Error);
}

}  // namespace
}  // namespace acme
