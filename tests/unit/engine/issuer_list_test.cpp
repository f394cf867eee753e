// SPDX-License-Identifier: BSD-2-Clause
// Several CAs for one certificate, in a running engine.
#include <gtest/gtest.h>

#include <string>

#include "tests/unit/engine/engine_fixture.h"

namespace acme {
namespace {

class IssuerList : public EngineTest {
 protected:
  IssuerList() { add_backup(); }
};

TEST_F(IssuerList, UsesTheFirstAsLongAsItWorks) {
  start();
  pass(10s);
  EXPECT_EQ(publisher_.serial(0), "01");
  EXPECT_EQ(record().issuer, "test");
  EXPECT_EQ(backup_ca_.count(Resource::kDirectory), 0U);
}

TEST_F(IssuerList, TakesTheNextWhenTheFirstGivesNoAnswer) {
  ca_.fail_always(Resource::kDirectory, ScriptedCa::no_answer());
  start();
  pass(10s);
  EXPECT_NE(publisher_.serial(0), "");
  EXPECT_EQ(record().issuer, "backup");
  EXPECT_TRUE(
      logger_.contains("issuer \"test\": cannot set up the account: no "
                       "answer from https://ca.example; next try"));
}

TEST_F(IssuerList, TakesTheNextWhenTheFirstRefusesTheName) {
  ca_.refuse_name("www.example.com");
  start();
  pass(10s);
  EXPECT_EQ(record().issuer, "backup");
  EXPECT_TRUE(logger_.contains("trying now at issuer \"backup\""));
}

TEST_F(IssuerList, TakesTheNextWhenTheFirstLimitsTheRate) {
  ca_.fail_always(Resource::kNewOrder,
                  ScriptedCa::problem(429, "rateLimited", "too many", "7200"));
  start();
  pass(10s);
  EXPECT_EQ(record().issuer, "backup");
}

TEST_F(IssuerList, ReturnsToTheFirstForTheRenewal) {
  ca_.fail_always(Resource::kNewOrder, ScriptedCa::no_answer());
  start();
  pass(10s);
  EXPECT_EQ(record().issuer, "backup");
  ca_.heal();
  pass(61 * 24h);
  EXPECT_EQ(record().issuer, "test");
  EXPECT_EQ(backup_ca_.count(Resource::kNewOrder), 1U);
}

TEST_F(IssuerList, KeepsTheCertificateInTheFirstsStateDirectory) {
  ca_.fail_always(Resource::kDirectory, ScriptedCa::no_answer());
  start();
  pass(10s);
  const std::string name = plan_.certificates[0].storage_name();
  EXPECT_TRUE(FileStore(files_).load_certificate(name).value);
  EXPECT_FALSE(FileStore(backup_files_).load_certificate(name).value);
  EXPECT_TRUE(FileStore(backup_files_).load_account_key().value);
}

TEST_F(IssuerList, RemembersAcrossARestartWhoIssued) {
  ca_.fail_always(Resource::kDirectory, ScriptedCa::no_answer());
  start();
  pass(10s);
  restart();
  pass(61 * 24h);
  EXPECT_EQ(backup_ca_.count(Resource::kNewOrder), 2U);
  EXPECT_EQ(record().issuer, "backup");
}

TEST_F(IssuerList, TriesNobodyElseWhenItsOwnServerIsAtFault) {
  publisher_.set_full(false);
  ca_.validate_by([](const std::string&) { return std::nullopt; });
  start();
  pass(10s);
  EXPECT_EQ(ca_.count(Resource::kNewOrder), 1U);
  EXPECT_EQ(backup_ca_.count(Resource::kNewOrder), 0U);
}

TEST_F(IssuerList, DoesNotBeginAnewAnOrderThatIsBeingProcessed) {
  ca_.stay_processing(1'000'000);
  start();
  pass(10s);
  restart();
  pass(10s);
  EXPECT_EQ(ca_.count(Resource::kNewOrder), 1U);
  EXPECT_EQ(backup_ca_.count(Resource::kNewOrder), 0U);
}

}  // namespace
}  // namespace acme
