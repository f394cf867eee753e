// SPDX-License-Identifier: BSD-2-Clause
// What is wished and what there is: served meanwhile, and replaced.
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "acme_core/engine/stock_archive.h"
#include "tests/unit/engine/engine_fixture.h"

namespace acme {
namespace {

class AWish : public EngineTest {
 protected:
  void wish(const std::vector<std::string>& names) {
    plan_.certificates.front().identifiers = identifiers_of(names);
  }

  // The server's memory is empty at first, too.
  void restart_all() {
    engine_.reset();
    publisher_.forget();
    start();
  }
  [[nodiscard]] std::string served() { return publisher_.serial(0); }
};

TEST_F(AWish, ForFewerNamesKeepsWhatCoversThemWithoutAnOrder) {
  wish({"www.example.com", "old.example.com"});
  start();
  pass(10s);
  const std::string serial = publisher_.serial(0);
  wish({"www.example.com"});
  restart_all();
  EXPECT_EQ(served(), serial);
  pass(24h);
  EXPECT_EQ(served(), serial);
  EXPECT_EQ(ca_.count(Resource::kNewOrder), 1U);
  EXPECT_TRUE(record().taken_from.find("www.example.com-") !=
              std::string::npos);
}

TEST_F(AWish, ForTheSameNamesInAnotherOrderCausesNoOrder) {
  wish({"www.example.com", "example.com"});
  start();
  pass(10s);
  const std::string serial = publisher_.serial(0);
  wish({"example.com", "www.example.com"});
  restart_all();
  pass(24h);
  EXPECT_EQ(served(), serial);
  EXPECT_EQ(ca_.count(Resource::kNewOrder), 1U);
}

TEST_F(AWish, ThatFailsLeavesWhatThereIsInService) {
  start();
  pass(10s);
  const std::string serial = publisher_.serial(0);
  ca_.refuse_name("typo.example.com");
  wish({"www.example.com", "typo.example.com"});
  plan_.certificates.front().partial = false;
  restart_all();
  EXPECT_EQ(served(), serial);
  pass(48h);
  EXPECT_EQ(served(), serial);
  EXPECT_GE(ca_.count(Resource::kNewOrder), 3U);
  EXPECT_LE(ca_.count(Resource::kNewOrder), 8U);  // with growing pauses
  EXPECT_EQ(record().next_action, "retry");
  EXPECT_TRUE(logger_.contains("does not cover \"typo.example.com\""));
}

TEST_F(AWish, ForMoreNamesIsFulfilledAtOnce) {
  start();
  pass(10s);
  const std::string serial = publisher_.serial(0);
  wish({"www.example.com", "new.example.com"});
  restart_all();
  pass(10s);
  EXPECT_NE(served(), serial);
  EXPECT_EQ(ca_.count(Resource::kNewOrder), 2U);
  EXPECT_TRUE(record().taken_from.empty());
  // Only what was issued for these names may be said to be replaced.
  EXPECT_TRUE(ca_.replaced_ids().empty() || ca_.replaced_ids().back().empty());
}

TEST_F(AWish, ForAnotherKindOfKeyIsFulfilledBesideTheOldOne) {
  start();
  pass(10s);
  const std::string serial = publisher_.serial(0);
  plan_.certificates.front().key_type = KeyType::kEcdsa384;
  ca_.fail_next(Resource::kNewOrder, ScriptedCa::no_answer());
  restart_all();
  EXPECT_EQ(served(), serial);
  pass(10min);
  EXPECT_NE(served(), serial);
}

TEST_F(AWish, ForAnotherProfileIsFulfilledAtOnce) {
  ca_.offer_profiles({{"short", "six days"}});
  start();
  pass(10s);
  const std::string serial = publisher_.serial(0);
  plan_.issuers[0].profile = "short";
  restart_all();
  pass(10s);
  EXPECT_NE(served(), serial);
  EXPECT_EQ(record().ordered_with["profile"], "short");
  restart_all();
  pass(24h);
  EXPECT_EQ(ca_.count(Resource::kNewOrder), 2U);
}

TEST_F(AWish, IsNotWhatAnEarlierVersionDidNotNote) {
  start();
  pass(10s);
  engine_.reset();
  CertificateRecord old = record();
  old.ordered_with.clear();
  FileStore store(files_);
  store.save_record(plan_.certificates.front().storage_name(), old);
  plan_.issuers[0].preferred_chain = "Some Root";
  restart();
  pass(24h);
  EXPECT_EQ(ca_.count(Resource::kNewOrder), 1U);
  EXPECT_EQ(record().ordered_with["preferred_chain"], "Some Root");
}

TEST_F(AWish, TellsTwoKeysOfOneNameApart) {
  plan_.certificates.push_back(plan_.certificates.front());
  plan_.certificates.back().key_type = KeyType::kRsa2048;
  start();
  pass(10s);
  EXPECT_TRUE(logger_.contains("\"www.example.com\" (ecdsa:256): issued"));
  EXPECT_TRUE(logger_.contains("\"www.example.com\" (rsa:2048): issued"));
}

TEST_F(AWish, FindsFilesOfAnOlderNameAndRenamesThem) {
  engine_.reset();
  CertificateSpec& spec = plan_.certificates.front();
  spec.identifiers = identifiers_of({"*.example.com"});
  TestCa ca;
  PrivateKey key = PrivateKey::generate(KeyType::kEcdsa256);
  StoredCertificate pair{
      CertificateChain::from_pem(ca.issue(spec.identifiers, key)).value(),
      std::move(key)};
  FileStore store(files_);
  store.save_certificate(spec.former_storage_name(), {}, pair);
  clock_.set(kTestNotBefore + 1h);
  start();
  EXPECT_EQ(publisher_.serial(0), pair.chain.serial());
  EXPECT_TRUE(spec.storage_name().starts_with("_wildcard.example.com-"));
  EXPECT_EQ(store.certificate_names(),
            std::vector<std::string>{spec.storage_name()});
}

TEST_F(AWish, NobodyHasAnyMoreGoesToTheArchiveAfterAMonth) {
  start();
  pass(10s);
  const std::string old = plan_.certificates.front().storage_name();
  wish({"other.example.com"});
  restart();
  pass(10s);
  FileStore store(files_);
  EXPECT_EQ(store.load_record(old).next_action, "archive");
  pass(29 * 24h);
  EXPECT_TRUE(store.certificate_revision(old));
  clock_.advance(26h);
  pass(10s);
  EXPECT_FALSE(store.certificate_revision(old));
  EXPECT_EQ(files_.list("archive").size(), 3U);
  EXPECT_TRUE(logger_.contains("was moved to \"archive\""));
}

}  // namespace
}  // namespace acme
