// SPDX-License-Identifier: BSD-2-Clause
// Accounts that a CA closes, and problems that are no account's.
#include <gtest/gtest.h>

#include <string>

#include "tests/unit/engine/engine_fixture.h"

namespace acme {
namespace {

class AccountLoss : public EngineTest {
 protected:
  void order_another() {
    manage("host" + std::to_string(plan_.certificates.size()) + ".example.com");
    restart();
    pass(10s);
  }
  [[nodiscard]] std::string serial_of_last() const {
    return publisher_.serial(plan_.certificates.size() - 1);
  }
  [[nodiscard]] std::string thumbprint() {
    return FileStore(files_).load_account_key().value->thumbprint();
  }
};

TEST_F(AccountLoss, AClosedAccountIsReplacedAtOnceWithANewKey) {
  for (const bool shown : {false, true}) {
    start();
    pass(10s);
    const std::string before = thumbprint();
    ca_.close_accounts(shown);
    order_another();
    EXPECT_NE(serial_of_last(), "") << shown;
    EXPECT_NE(thumbprint(), before);
    EXPECT_TRUE(logger_.contains("registering another one with a new key"));
    EXPECT_EQ(logger_.count_from(LogLevel::kError), 0U);
    clock_.advance(2h);
  }
}

TEST_F(AccountLoss, AnAccountThatIsClosedWhileItIsUsedIsReplacedToo) {
  start();
  pass(10s);
  const std::string before = thumbprint();
  ca_.close_accounts();
  pass(61 * 24h);
  EXPECT_EQ(publisher_.serial(0), "02");
  EXPECT_NE(thumbprint(), before);
}

TEST_F(AccountLoss, ACaThatClosesEveryAccountGetsFew) {
  start();
  pass(10s);
  ca_.close_accounts();
  ca_.fail_always(Resource::kNewOrder, [this](const HttpRequest& request) {
    static_cast<void>(request);
    return ScriptedCa::problem(403, "unauthorized", "closed")(request);
  });
  ca_.fail_always(Resource::kExistingAccount,
                  ScriptedCa::problem(403, "unauthorized", "closed"));
  manage("host.example.com");
  restart();
  for (int i = 0; i < 30; ++i) {
    clock_.advance(1min);
    settle();
  }
  EXPECT_LE(ca_.count(Resource::kAccount), 8U);
  EXPECT_EQ(serial_of_last(), "");
}

TEST_F(AccountLoss, AConfiguredKeyIsForAPersonToChange) {
  plan_.issuers[0].account_key =
      PrivateKey::generate(KeyType::kEcdsa256).to_pem();
  start();
  pass(10s);
  ca_.close_accounts();
  order_another();
  EXPECT_EQ(serial_of_last(), "");
  EXPECT_TRUE(logger_.contains("name another key in \"account_key\""));
}

// Two validations were burnt for one typo, and again after each reload.
TEST_F(AccountLoss, AFailedValidationIsNone) {
  start();
  pass(10s);
  ca_.validate_by([](const std::string&) { return std::nullopt; });
  order_another();
  EXPECT_EQ(serial_of_last(), "");
  EXPECT_EQ(ca_.count(Resource::kNewOrder), 2U);
  EXPECT_EQ(ca_.count(Resource::kChallenge), 2U);
  EXPECT_EQ(ca_.count(Resource::kAccount), 1U);
  EXPECT_FALSE(logger_.contains("looking for the account by its key"));
}

TEST_F(AccountLoss, ARefusedOrderIsNoneOnceTheAccountHasProvedGood) {
  start();
  pass(10s);
  ca_.validate_by(
      [this](const std::string& token) { return publisher_.answer(token); });
  ca_.fail_always(Resource::kFinalize,
                  ScriptedCa::problem(403, "unauthorized", "not these names"));
  order_another();
  EXPECT_EQ(serial_of_last(), "");
  EXPECT_EQ(ca_.count(Resource::kAccount), 1U);
  EXPECT_EQ(ca_.count(Resource::kNewOrder), 2U);
}

class KeptBackoff : public EngineTest {
 protected:
  // Fails n times in a row, each at its time.
  void fail_times(int times) {
    for (int i = 0; i < times; ++i) {
      ASSERT_FALSE(record().backoffs.empty());
      const TimePoint at = record().backoffs.at("test").retry_at;
      pass(std::max<std::chrono::milliseconds>(at - clock_.now(), 0s) + 1s);
    }
  }
};

TEST_F(KeptBackoff, OutlivesRestarts) {
  ca_.validate_by([](const std::string&) { return std::nullopt; });
  start();
  pass(10s);
  fail_times(3);  // now it waits for a day
  const unsigned orders = ca_.count(Resource::kNewOrder);
  for (int i = 0; i < 5; ++i) {
    restart();
    pass(1h);
  }
  EXPECT_EQ(ca_.count(Resource::kNewOrder), orders);
  pass(24h);
  EXPECT_EQ(ca_.count(Resource::kNewOrder), orders + 1);
}

TEST_F(KeptBackoff, EndsWhenTheConfigurationIsMended) {
  ca_.validate_by([](const std::string&) { return std::nullopt; });
  start();
  pass(10s);
  fail_times(3);
  const unsigned orders = ca_.count(Resource::kNewOrder);
  ca_.validate_by(
      [this](const std::string& token) { return publisher_.answer(token); });
  plan_.issuers[0].challenges = {ChallengeType::kHttp01};
  restart();
  pass(10s);
  EXPECT_EQ(ca_.count(Resource::kNewOrder), orders + 1);
  EXPECT_NE(publisher_.serial(0), "");
}

}  // namespace
}  // namespace acme
