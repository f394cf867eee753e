// SPDX-License-Identifier: BSD-2-Clause
// Weeks of an engine's life, on a clock that the test moves.
#include "acme_core/engine/engine.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "tests/unit/engine/engine_fixture.h"

namespace acme {
namespace {

using RunningEngine = EngineTest;
using Renewal = EngineTest;

TEST_F(RunningEngine, IssuesStoresAndServes) {
  start();
  pass(10s);

  EXPECT_EQ(publisher_.serial(0), "01");
  EXPECT_TRUE(FileStore(files_)
                  .load_certificate(plan_.certificates[0].storage_name())
                  .value);
  EXPECT_EQ(files_.list("orders"), std::vector<std::string>());
  EXPECT_TRUE(logger_.contains(
      "issuer \"test\", certificate \"www.example.com\": issued by \"Test "
      "Intermediate\", serial 01"));
  EXPECT_EQ(logger_.count_from(LogLevel::kWarn), 0U);
}

TEST_F(RunningEngine, HasNothingToDoWhenNothingIsManaged) {
  plan_.certificates.clear();
  Engine engine(plan_, environment());
  engine.start();
  EXPECT_TRUE(engine.stop(0ms));
  EXPECT_EQ(ca_.count(Resource::kDirectory), 0U);
}

TEST_F(RunningEngine, OrdersNothingWhenTheStoredCertificateIsGood) {
  start();
  pass(10s);
  const unsigned nonces = ca_.count(Resource::kNonce);

  restart();
  pass(24h);
  EXPECT_EQ(ca_.count(Resource::kNonce), nonces);
  EXPECT_EQ(ca_.count(Resource::kNewOrder), 1U);
}

TEST_F(RunningEngine, ServesTheStoredCertificateAfterARestart) {
  start();
  pass(10s);
  engine_.reset();
  const auto stored =
      FileStore(files_).load_certificate(plan_.certificates[0].storage_name());
  const PrivateKey other = PrivateKey::generate(KeyType::kEcdsa256);
  TestCa ca;
  publisher_.put_certificate(
      0, {CertificateChain::from_pem(ca.issue(plan_.certificates[0].identifiers,
                                              other, clock_.now() - 80 * 24h,
                                              clock_.now() + 24h))
              .value(),
          PrivateKey::from_pem(other.to_pem()).value()});

  start();
  EXPECT_EQ(publisher_.certificate(0)->chain.der(), stored.value->chain.der());
}

TEST_F(RunningEngine, SavesWhatIsServedWhenTheStateDirectoryWasLost) {
  start();
  pass(10s);
  engine_.reset();
  const std::string name = plan_.certificates[0].storage_name();
  files_.remove(name + ".crt");
  files_.remove(name + ".key");

  start();
  EXPECT_EQ(ca_.count(Resource::kNewOrder), 1U);
  EXPECT_TRUE(FileStore(files_).load_certificate(name).value);
}

TEST_F(Renewal, ComesAtTwoThirdsOfTheLifetime) {
  start();
  pass(10s);
  pass(59 * 24h);
  EXPECT_EQ(publisher_.serial(0), "01");
  pass(2 * 24h);
  EXPECT_EQ(publisher_.serial(0), "02");
  EXPECT_EQ(ca_.count(Resource::kAccount), 1U);
}

TEST_F(Renewal, MakesANewKey) {
  start();
  pass(10s);
  const std::string first = publisher_.certificate(0)->key.jwk();
  pass(61 * 24h);
  EXPECT_NE(publisher_.certificate(0)->key.jwk(), first);
}

TEST_F(Renewal, KeepsServingTheOldCertificateWhenTheCaIsDown) {
  start();
  pass(10s);
  pass(59 * 24h);
  ca_.fail_always(Resource::kNewOrder, ScriptedCa::no_answer());
  for (int day = 0; day < 5; ++day) {
    pass(24h);
  }
  EXPECT_EQ(publisher_.serial(0), "01");
  EXPECT_TRUE(logger_.contains("no answer from https://ca.example; next try"));

  ca_.heal();
  pass(2h);
  EXPECT_EQ(publisher_.serial(0), "02");
}

TEST_F(Renewal, KeepsServingTheOldCertificateWhenTheCaRefuses) {
  start();
  pass(10s);
  ca_.fail_always(Resource::kNewOrder,
                  ScriptedCa::problem(403, "rejectedIdentifier",
                                      "policy forbids this name"));
  pass(61 * 24h);
  EXPECT_EQ(publisher_.serial(0), "01");
  EXPECT_TRUE(logger_.contains(
      "certificate \"www.example.com\": the CA refused (HTTP 403): policy "
      "forbids this name (rejectedIdentifier); next try"));
}

TEST_F(RunningEngine, PausesAllOrdersOfACaThatGivesNoAnswerAndSaysSoOnce) {
  for (int i = 0; i < 5; ++i) {
    manage("host" + std::to_string(i) + ".example.com");
  }
  ca_.fail_always(Resource::kDirectory, ScriptedCa::no_answer());
  start();
  pass(50s);
  EXPECT_EQ(ca_.count(Resource::kDirectory), 1U);
  EXPECT_EQ(logger_.count_from(LogLevel::kWarn), 1U);

  pass(60s);
  EXPECT_EQ(ca_.count(Resource::kDirectory), 2U);
  ca_.heal();
  pass(3min);
  for (std::size_t i = 0; i < plan_.certificates.size(); ++i) {
    EXPECT_NE(publisher_.serial(i), "") << i;
  }
}

TEST_F(RunningEngine, BacksOffFromARefusedNameWithoutDelayingOthers) {
  manage("bad.example.com");
  ca_.refuse_name("bad.example.com");
  start();
  pass(30s);
  EXPECT_NE(publisher_.serial(0), "");
  EXPECT_EQ(publisher_.serial(1), "");
  EXPECT_EQ(ca_.count(Resource::kNewOrder), 2U);

  pass(2min);  // 1 min after the first failure
  EXPECT_EQ(ca_.count(Resource::kNewOrder), 3U);
  pass(12min);  // 10 min after the second
  EXPECT_EQ(ca_.count(Resource::kNewOrder), 4U);
  pass(90min);  // not yet 100 min
  EXPECT_EQ(ca_.count(Resource::kNewOrder), 4U);
  pass(15min);
  EXPECT_EQ(ca_.count(Resource::kNewOrder), 5U);
}

TEST_F(RunningEngine, ObeysRetryAfterOfARateLimit) {
  ca_.fail_next(Resource::kNewOrder,
                ScriptedCa::problem(429, "rateLimited", "too many", "7200"));
  start();
  pass(110min);
  EXPECT_EQ(ca_.count(Resource::kNewOrder), 1U);
  pass(15min);
  EXPECT_EQ(ca_.count(Resource::kNewOrder), 2U);
  EXPECT_NE(publisher_.serial(0), "");
}

TEST_F(RunningEngine, RegistersAgainWithTheSameKeyWhenTheCaLostTheAccount) {
  start();
  pass(10s);
  ca_.forget_accounts();
  pass(61 * 24h);
  EXPECT_EQ(publisher_.serial(0), "02");
  EXPECT_EQ(ca_.count(Resource::kAccount), 2U);
}

TEST_F(RunningEngine, DoesNotAgreeToTermsByItself) {
  ca_.ask_for_terms();
  start();
  pass(10s);
  EXPECT_EQ(ca_.count(Resource::kAccount), 0U);
  EXPECT_TRUE(logger_.contains("https://ca.example/terms"));
  EXPECT_TRUE(logger_.contains("accept_terms_of_service"));
}

TEST_F(RunningEngine, AgreesToTermsWhenToldAndSaysWhere) {
  ca_.ask_for_terms();
  plan_.issuers[0].terms_of_service_agreed = true;
  start();
  pass(10s);
  EXPECT_NE(publisher_.serial(0), "");
  EXPECT_TRUE(logger_.contains("agreed to https://ca.example/terms"));
}

TEST_F(RunningEngine, ServesWhatTheDiskDoesNotTakeAndSavesItLater) {
  ca_.validate_by([this](const std::string& token) {
    files_.crash_at_change(1);  // the order is stored; nothing after it is
    return publisher_.answer(token);
  });
  start();
  pass(10s);
  EXPECT_EQ(publisher_.serial(0), "01");
  EXPECT_TRUE(logger_.contains("certificate \"www.example.com\": "));

  files_.restart();
  pass(2min);
  EXPECT_EQ(publisher_.serial(0), "01");
  EXPECT_TRUE(FileStore(files_)
                  .load_certificate(plan_.certificates[0].storage_name())
                  .value);
  EXPECT_EQ(ca_.count(Resource::kNewOrder), 1U);
}

TEST_F(RunningEngine, KeepsTheOldCertificateWhenTheZoneIsFull) {
  start();
  pass(10s);
  publisher_.set_full(true);
  pass(61 * 24h);
  EXPECT_EQ(publisher_.serial(0), "01");
  EXPECT_TRUE(logger_.contains("the zone is full"));
}

TEST_F(RunningEngine, WaitsUntilNoOtherProcessWorksForTheStateDirectory) {
  files_.set_locked_by_another(true);
  start();
  pass(30s);
  EXPECT_EQ(ca_.count(Resource::kDirectory), 0U);

  files_.set_locked_by_another(false);
  pass(30s);
  EXPECT_NE(publisher_.serial(0), "");
}

TEST_F(RunningEngine, ResumesItsOrderAfterARestart) {
  ca_.stay_processing(1'000'000);
  start();
  pass(5s);
  EXPECT_EQ(ca_.count(Resource::kFinalize), 1U);
  EXPECT_TRUE(engine_->stop(10s));

  ca_.heal();
  restart();
  pass(5s);
  EXPECT_EQ(ca_.count(Resource::kNewOrder), 1U);
}

TEST_F(RunningEngine, ForgetsAnOrderWhoseCertificateIsStored) {
  start();
  pass(5s);
  const std::string url = record().order_url;
  ASSERT_FALSE(url.empty());
  EXPECT_TRUE(engine_->stop(10s));
  const std::string name = plan_.certificates[0].storage_name();
  const auto leave_order = [&](const std::string& order_url,
                               const PrivateKey& key) {
    FileStore(files_).save_order(
        name, {order_url, plan_.certificates[0].identifiers, key.copy()});
  };
  const PrivateKey other = PrivateKey::generate(KeyType::kEcdsa256);

  leave_order(url, other);
  restart();
  pass(5s);
  EXPECT_EQ(files_.list("orders"), std::vector<std::string>());

  EXPECT_TRUE(engine_->stop(10s));
  const auto stored = FileStore(files_).load_certificate(name);
  leave_order(url + "-without-metadata", stored.value->key);
  restart();
  pass(5s);
  EXPECT_EQ(files_.list("orders"), std::vector<std::string>());

  EXPECT_TRUE(engine_->stop(10s));
  leave_order(url + "-of-a-renewal", other);
  restart();
  pass(5s);
  EXPECT_EQ(files_.list("orders").size(), 2U);
  EXPECT_EQ(ca_.count(Resource::kNewOrder), 1U);
}

}  // namespace
}  // namespace acme
