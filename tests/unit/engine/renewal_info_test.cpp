// SPDX-License-Identifier: BSD-2-Clause
// A running engine and a CA that suggests when to renew (RFC 9773).
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <string>

#include "tests/unit/engine/engine_fixture.h"

namespace acme {
namespace {

class SuggestedRenewal : public EngineTest {
 protected:
  SuggestedRenewal() {
    ca_.offer_renewal_info();
    ca_.set_renewal_retry_after("3600");
    ca_.suggest_window(kTestNotBefore + 30 * 24h, kTestNotBefore + 31 * 24h);
  }

  // What the newest order said it replaces.
  std::string replaced() {
    return nlohmann::json::parse(ca_.payloads(Resource::kNewOrder).back())
        .value("replaces", "");
  }
};

TEST_F(SuggestedRenewal, ComesWithinTheWindow) {
  start();
  pass(2h);
  EXPECT_EQ(record().next_action_at, kTestNotBefore + 30 * 24h);
  pass(29 * 24h);
  EXPECT_EQ(publisher_.serial(0), "01");
  pass(24h);
  EXPECT_EQ(publisher_.serial(0), "02");
}

TEST_F(SuggestedRenewal, NamesTheCertificateItReplaces) {
  start();
  pass(2h);
  const std::string id = publisher_.certificate(0)->chain.renewal_id().value();
  EXPECT_EQ(replaced(), "");
  pass(31 * 24h);
  EXPECT_EQ(publisher_.serial(0), "02");
  EXPECT_EQ(replaced(), id);
}

TEST_F(SuggestedRenewal, IsOrderedWithoutThatNameWhenTheCaRefusesIt) {
  for (const char* type :
       {"alreadyReplaced", "conflict", "malformed", "unauthorized"}) {
    start();
    pass(10s);
    const unsigned orders = ca_.count(Resource::kNewOrder);
    const std::string before = publisher_.serial(0);
    ca_.refuse_replaces(type);
    ca_.suggest_window(clock_.now() - 2h, clock_.now() - 1h);
    restart();
    pass(1min);
    EXPECT_NE(publisher_.serial(0), before) << type;
    EXPECT_EQ(ca_.count(Resource::kNewOrder), orders + 2) << type;
    EXPECT_EQ(replaced(), "") << type;
    EXPECT_EQ(logger_.count_from(LogLevel::kWarn), 0U) << type;
    engine_.reset();
  }
}

TEST_F(SuggestedRenewal, IsOrderedWithoutThatNameWhenTheCaStumblesOverIt) {
  start();
  pass(2h);
  ca_.fail_next(Resource::kNewOrder,
                ScriptedCa::problem(500, "serverInternal", "no such serial"));
  ca_.suggest_window(clock_.now() - 48h, clock_.now() - 24h);
  pass(2h);
  EXPECT_EQ(publisher_.serial(0), "02");
  EXPECT_EQ(ca_.count(Resource::kNewOrder), 3U);
  EXPECT_EQ(replaced(), "");
  EXPECT_EQ(logger_.count_from(LogLevel::kWarn), 0U);
}

TEST_F(SuggestedRenewal, HappensNowWhenTheWindowIsOver) {
  start();
  pass(2h);
  ca_.suggest_window(clock_.now() - 48h, clock_.now() - 24h,
                     "https://ca.example/incident");
  pass(2h);
  EXPECT_EQ(publisher_.serial(0), "02");
  EXPECT_TRUE(logger_.contains(
      "as the CA suggests; it explains: https://ca.example/incident"));
}

TEST_F(SuggestedRenewal, IsAskedAboutAsOftenAsTheCaSays) {
  start();
  pass(30min);
  const unsigned before = ca_.count(Resource::kRenewalInfo);
  for (int hour = 0; hour < 5; ++hour) {
    pass(1h);
  }
  EXPECT_NEAR(ca_.count(Resource::kRenewalInfo), before + 5, 1);  // 3600 s
}

TEST_F(SuggestedRenewal, IsAskedAboutEverySixHoursWhenTheCaDoesNotSay) {
  ca_.set_renewal_retry_after("");
  start();
  pass(1h);
  const unsigned before = ca_.count(Resource::kRenewalInfo);
  for (int hour = 0; hour < 13; ++hour) {
    pass(1h);
  }
  EXPECT_EQ(ca_.count(Resource::kRenewalInfo), before + 2);
}

TEST_F(SuggestedRenewal, IsDrawnOnceAndKeptOverARestart) {
  random_.set_position(0.5);
  start();
  pass(2h);
  const TimePoint drawn = record().window->renew_at;
  EXPECT_EQ(drawn, kTestNotBefore + 30 * 24h + 12h);
  random_.set_position(0.1);
  restart();
  pass(2h);
  EXPECT_EQ(record().window->renew_at, drawn);
}

TEST_F(SuggestedRenewal, IsIgnoredWhenItMakesNoSense) {
  for (const char* nonsense :
       {R"({"suggestedWindow":{"start":"2026-02-02T00:00:00Z",)"
        R"("end":"2026-02-01T00:00:00Z"}})",
        R"({"suggestedWindow":{"start":"2026-02-02T00:00:00Z",)"
        R"("end":"2036-02-01T00:00:00Z"}})",
        R"({"suggestedWindow":{"start":1,"end":2}})", "[]", "<html>"}) {
    ca_.fail_always(Resource::kRenewalInfo, ScriptedCa::body(200, nonsense));
    start();
    pass(2h);
    engine_.reset();
    EXPECT_FALSE(record().window) << nonsense;
  }
  EXPECT_EQ(logger_.count_from(LogLevel::kWarn), 0U);
  start();
  pass(58 * 24h);
  EXPECT_EQ(publisher_.serial(0), "01");
  pass(3 * 24h);
  EXPECT_EQ(publisher_.serial(0), "02");
}

TEST_F(SuggestedRenewal, OfAMassRevocationRenewsEverything) {
  for (int i = 0; i < 40; ++i) {
    manage("host" + std::to_string(i) + ".example.com");
  }
  start();
  pass(10min);
  ca_.suggest_window(clock_.now() - 48h, clock_.now() - 24h);
  for (int i = 0; i < 10; ++i) {
    pass(30min);
  }
  EXPECT_EQ(ca_.count(Resource::kNewOrder), 2 * plan_.certificates.size());
  for (std::size_t i = 0; i < plan_.certificates.size(); ++i) {
    EXPECT_GT(publisher_.certificate(i)->chain.not_before(),
              kTestNotBefore + 9min);
  }
}

}  // namespace
}  // namespace acme
