// SPDX-License-Identifier: BSD-2-Clause
// Our account at a CA, over restarts and changes of the configuration.
#include <gtest/gtest.h>

#include <string>

#include "tests/unit/engine/engine_fixture.h"

namespace acme {
namespace {

class AccountOf : public EngineTest {
 protected:
  SecretBytes bytes(const std::string& text) {
    return {text.begin(), text.end()};
  }

  // Another order, so that the account is needed.
  void order_another() {
    manage("host" + std::to_string(plan_.certificates.size()) + ".example.com");
    restart();
    pass(10s);
    EXPECT_NE(publisher_.serial(plan_.certificates.size() - 1), "");
  }
};

TEST_F(AccountOf, ACustomerIsBoundToWhatTheCaKnows) {
  ca_.require_external_account("customer-1", bytes("secret"));
  plan_.issuers[0].external_account = {"customer-1", bytes("secret")};
  start();
  pass(10s);
  EXPECT_NE(publisher_.serial(0), "");
}

TEST_F(AccountOf, ACustomerIsToldWhatToConfigure) {
  ca_.require_external_account("customer-1", bytes("secret"));
  start();
  pass(10s);
  EXPECT_EQ(publisher_.serial(0), "");
  EXPECT_TRUE(logger_.contains("add \"external_account_key KID KEY;\""));
}

TEST_F(AccountOf, ACustomerWithTheWrongKeyIsRefused) {
  ca_.require_external_account("customer-1", bytes("secret"));
  plan_.issuers[0].external_account = {"customer-1", bytes("guess")};
  start();
  pass(10s);
  EXPECT_EQ(publisher_.serial(0), "");
  EXPECT_TRUE(logger_.contains("no such customer"));
}

TEST_F(AccountOf, ARegisteredCustomerNeedsNoBindingAnyMore) {
  ca_.require_external_account("customer-1", bytes("secret"));
  plan_.issuers[0].external_account = {"customer-1", bytes("secret")};
  start();
  pass(10s);
  plan_.issuers[0].external_account.reset();
  files_.remove("account.url");
  order_another();
}

TEST_F(AccountOf, AnOperatorFollowsTheConfiguredContacts) {
  start();
  pass(10s);
  plan_.issuers[0].contacts = {"mailto:new@example.com"};
  order_another();
  order_another();
  EXPECT_EQ(ca_.count(Resource::kExistingAccount), 1U);
  EXPECT_NE(ca_.payloads(Resource::kExistingAccount)[0].find("new@example.com"),
            std::string::npos);
  EXPECT_EQ(ca_.count(Resource::kAccount), 1U);
}

TEST_F(AccountOf, AnOperatorGetsCertificatesEvenWhenContactsAreRefused) {
  start();
  pass(10s);
  plan_.issuers[0].contacts = {"mailto:new@example.com"};
  ca_.fail_next(Resource::kExistingAccount,
                ScriptedCa::problem(400, "invalidContact", "no such place"));
  order_another();
  EXPECT_TRUE(logger_.contains("the account's contacts stay as they are"));
}

TEST_F(AccountOf, AnOperatorKeepsItWhenTheKeyTypeChanges) {
  start();
  pass(10s);
  const std::string url = FileStore(files_).load_account_url().value();
  plan_.issuers[0].account_key_type = KeyType::kEcdsa384;
  order_another();
  EXPECT_EQ(ca_.count(Resource::kKeyChange), 1U);
  EXPECT_EQ(ca_.count(Resource::kAccount), 1U);
  EXPECT_EQ(FileStore(files_).load_account_url(), url);
  EXPECT_EQ(FileStore(files_).load_account_key().value->type(),
            KeyType::kEcdsa384);
}

TEST_F(AccountOf, AnOperatorKeepsTheOldKeyWhenTheCaRefusesTheNewOne) {
  start();
  pass(10s);
  plan_.issuers[0].account_key_type = KeyType::kEcdsa384;
  ca_.fail_always(Resource::kKeyChange,
                  ScriptedCa::problem(400, "badSignatureAlgorithm", "no"));
  order_another();
  EXPECT_TRUE(logger_.contains("the account key stays as it is"));
  EXPECT_EQ(FileStore(files_).load_account_key().value->type(),
            KeyType::kEcdsa256);
}

TEST_F(AccountOf, AnOperatorSurvivesAnAnswerThatGotLost) {
  start();
  pass(10s);
  plan_.issuers[0].account_key_type = KeyType::kEcdsa384;
  manage("new.example.com");
  engine_.reset();
  // The CA changes the key, and nobody hears of it.
  ca_.lose_next_answer(Resource::kKeyChange);
  start();
  pass(3min);
  EXPECT_NE(publisher_.serial(1), "");
  EXPECT_EQ(ca_.count(Resource::kAccount), 2U);  // asked which key is known
  EXPECT_EQ(FileStore(files_).load_account_key().value->type(),
            KeyType::kEcdsa384);
}

TEST_F(AccountOf, AnOperatorHearsOfChangedTerms) {
  ca_.change_terms();
  start();
  pass(10s);
  EXPECT_TRUE(logger_.contains("see https://ca.example/agree"));
  EXPECT_TRUE(
      logger_.contains("terms of service: https://ca.example/new-terms"));
  EXPECT_EQ(ca_.count(Resource::kNewOrder), 1U);
  EXPECT_EQ(logger_.count_from(LogLevel::kWarn), 1U);
}

TEST_F(AccountOf, AStatelessIssuerIsAnsweredForAtAnyTime) {
  plan_.issuers[0].stateless = true;
  start();
  EXPECT_EQ(publisher_.answer("any"),
            "any." + FileStore(files_).load_account_key().value->thumbprint());
  pass(10s);
  EXPECT_NE(publisher_.serial(0), "");
  EXPECT_EQ(publisher_.live_challenges(), 0U);
}

}  // namespace
}  // namespace acme
