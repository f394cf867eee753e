// SPDX-License-Identifier: BSD-2-Clause
// What is made sure of before the CA is asked, and what is written down.
#include <gtest/gtest.h>

#include <chrono>
#include <memory>
#include <string>

#include "tests/unit/engine/engine_fixture.h"

namespace acme {
namespace {

using BeforeTheCaIsAsked = EngineTest;
using WrittenDown = EngineTest;
using OwnLimits = EngineTest;

TEST_F(BeforeTheCaIsAsked, TheStateDirectoryMustTakeWhatIsWritten) {
  files_.crash_at_change(1);
  start();
  pass(30s);
  EXPECT_EQ(ca_.count(Resource::kDirectory), 0U);
  EXPECT_TRUE(logger_.contains("cannot be written"));
  EXPECT_EQ(logger_.count_from(LogLevel::kWarn), 1U);

  files_.restart();
  pass(3min);
  EXPECT_NE(publisher_.serial(0), "");
}

TEST_F(BeforeTheCaIsAsked, OurOwnListenersMustAnswer) {
  plan_.http_listeners.clear();
  plan_.listeners.tls = Listening::kNowhere;
  start();
  pass(30s);
  EXPECT_EQ(ca_.count(Resource::kNewOrder), 0U);
  EXPECT_TRUE(logger_.contains("no server listens on plain HTTP"));
  EXPECT_TRUE(logger_.contains("challenge_self_check off"));
}

TEST_F(BeforeTheCaIsAsked, NobodyLooksWhenTheOperatorSaysSo) {
  plan_.http_listeners.clear();
  plan_.issuers[0].self_check = false;
  start();
  pass(30s);
  EXPECT_NE(publisher_.serial(0), "");
}

TEST_F(BeforeTheCaIsAsked, TheKeyIsOnDisk) {
  ca_.fail_always(Resource::kNewOrder, ScriptedCa::no_answer());
  start();
  pass(10s);
  const auto order =
      FileStore(files_).load_order(plan_.certificates[0].storage_name());
  ASSERT_TRUE(order.value);
  EXPECT_EQ(order.value->order_url, "");
}

TEST_F(WrittenDown, IsWhatComesNext) {
  start();
  pass(10s);
  const CertificateRecord noted = record();
  EXPECT_EQ(noted.issuer, "test");
  EXPECT_EQ(noted.next_action, "renew");
  EXPECT_NEAR(std::chrono::duration<double>(*noted.next_action_at -
                                            (kTestNotBefore + 60 * 24h))
                  .count(),
              0, 60);
  ASSERT_EQ(noted.history.size(), 1U);
  EXPECT_TRUE(noted.history[0].succeeded);
}

TEST_F(WrittenDown, IsWhatWentWrong) {
  ca_.refuse_name("www.example.com");
  start();
  pass(30s);
  const CertificateRecord noted = record();
  EXPECT_EQ(noted.next_action, "retry");
  ASSERT_NE(noted.last_error(), nullptr);
  EXPECT_NE(noted.last_error()->message.find("rejectedIdentifier"),
            std::string::npos);
  EXPECT_EQ(noted.backoffs.at("test").failures, 1U);
}

TEST_F(WrittenDown, IsWhatProvedANameWhereItWasNotTheFirstChallenge) {
  ca_.offer_challenges({"http-01", "tls-alpn-01"});
  ca_.validate_type_by("http-01",
                       [](const auto&, const auto&) { return std::nullopt; });
  ca_.validate_type_by("tls-alpn-01",
                       [](const auto&, const std::string& token) {
                         return std::optional(token + ".thumbprint");
                       });
  start();
  pass(30s);
  EXPECT_EQ(record().proved_by.at("test").at("www.example.com"), "tls-alpn-01");
  EXPECT_EQ(ca_.count(Resource::kNewOrder), 2U);

  // What a later version has written is of no use, and does no harm.
  CertificateRecord foreign = record();
  foreign.proved_by["test"]["www.example.com"] = "carrier-pigeon-01";
  engine_.reset();
  FileStore(files_).save_record(plan_.certificates[0].storage_name(), foreign);
  start();
  pass(61 * 24h);
  EXPECT_EQ(ca_.count(Resource::kNewOrder), 4U);
  EXPECT_EQ(record().proved_by.at("test").at("www.example.com"), "tls-alpn-01");

  pass(61 * 24h);
  EXPECT_EQ(ca_.count(Resource::kNewOrder), 5U) << "it begins with what works";
}

TEST_F(WrittenDown, ARestartDoesNotShortenABackoff) {
  ca_.refuse_name("www.example.com");
  start();
  pass(2min);  // the second failure: ten minutes
  EXPECT_EQ(ca_.count(Resource::kNewOrder), 2U);
  for (int i = 0; i < 5; ++i) {
    restart();
    pass(1min);
  }
  EXPECT_EQ(ca_.count(Resource::kNewOrder), 2U);
  pass(6min);
  EXPECT_EQ(ca_.count(Resource::kNewOrder), 3U);
}

TEST_F(WrittenDown, ARestartDoesNotShortenALongBackoff) {
  ca_.refuse_name("www.example.com");
  start();
  pass(2min);
  pass(12min);  // the third failure: 100 minutes
  EXPECT_EQ(ca_.count(Resource::kNewOrder), 3U);
  restart();
  pass(90min);
  EXPECT_EQ(ca_.count(Resource::kNewOrder), 3U);
  pass(25min);
  EXPECT_EQ(ca_.count(Resource::kNewOrder), 4U);
}

TEST_F(WrittenDown, ARestartDoesNotShortenWhatTheCaAskedFor) {
  ca_.fail_next(Resource::kNewOrder,
                ScriptedCa::problem(429, "rateLimited", "too many", "7200"));
  start();
  pass(10s);
  restart();
  pass(110min);
  EXPECT_EQ(ca_.count(Resource::kNewOrder), 1U);
  pass(15min);
  EXPECT_EQ(ca_.count(Resource::kNewOrder), 2U);
}

TEST_F(OwnLimits, HoldBackOrdersAndSurviveARestart) {
  limits_.orders = {2, 3h};
  for (int i = 0; i < 3; ++i) {
    manage("host" + std::to_string(i) + ".example.com");
  }
  start();
  pass(30s);
  EXPECT_EQ(ca_.count(Resource::kNewOrder), 2U);
  restart();
  pass(150min);
  EXPECT_EQ(ca_.count(Resource::kNewOrder), 2U);
  pass(40min);
  EXPECT_EQ(ca_.count(Resource::kNewOrder), 4U);
}

TEST_F(OwnLimits, HoldBackAccounts) {
  limits_.accounts = {1, 3h};
  start();
  pass(10s);
  engine_.reset();
  files_.remove("account.key");
  files_.remove("account.url");
  manage("new.example.com");
  start();
  pass(1h);
  EXPECT_EQ(ca_.count(Resource::kAccount), 1U);
  EXPECT_TRUE(logger_.contains("as many accounts were made as the CA allows"));
}

// A second one, with a server of its own, beside the one that has obtained a
// certificate and goes on.
class BesideAnotherProcess : public EngineTest {
 protected:
  void start_both() {
    start();
    pass(10s);
    files_.set_locked_by_another(true);
    second_ = std::make_unique<Engine>(plan_, environment(server_));
    second_->start();
    clock_.wait_for_waiters(2);
  }

  RecordingPublisher server_;
  std::unique_ptr<Engine> second_;
};

TEST_F(BesideAnotherProcess, ServesAtOnceWhatThatHasObtained) {
  start_both();
  EXPECT_EQ(server_.serial(0), "01");
  EXPECT_TRUE(logger_.contains("which another process obtained"));
}

TEST_F(BesideAnotherProcess, ServesWhatThatRenews) {
  start_both();
  clock_.advance(61 * 24h);
  for (int i = 0; i < 60 && server_.serial(0) == "01"; ++i) {
    clock_.advance(1s);
    clock_.wait_for_waiters(2);
  }
  EXPECT_EQ(server_.serial(0), "02");
  EXPECT_EQ(ca_.count(Resource::kNewOrder), 2U);
}

}  // namespace
}  // namespace acme
