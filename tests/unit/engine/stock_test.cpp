// SPDX-License-Identifier: BSD-2-Clause
// Which certificate stands in for another, and which leave the directory.
#include "acme_core/engine/stock.h"

#include <gtest/gtest.h>

#include <set>
#include <string>
#include <vector>

#include "acme_core/engine/stock_archive.h"
#include "acme_core/engine/verdict.h"
#include "acme_core/storage/file_store.h"
#include "tests/support/faulty_file_system.h"
#include "tests/support/recording_logger.h"
#include "tests/support/test_ca.h"

namespace acme {
namespace {

using namespace std::chrono_literals;
using Names = std::vector<std::string>;

constexpr TimePoint kStockTime = kTestNotBefore + std::chrono::hours(24);

class StockTest : public testing::Test {
 protected:
  StockTest() {
    plan_.issuers.resize(2);
    plan_.issuers[0].name = "first";
    plan_.issuers[0].directory_url = "https://first.example/dir";
    plan_.issuers[1].name = "second";
    plan_.issuers[1].directory_url = "https://second.example/dir";
    spec_.identifiers = identifiers_of({"a.example", "b.example"});
  }

  void add(const std::string& name, const Names& names,
           TimePoint not_after = kTestNotAfter, const std::string& key = "",
           const std::string& directory = "") {
    StockItem item;
    item.name = name;
    item.facts.identifiers = names;
    item.facts.serial = name;
    item.facts.key = key;
    item.not_after = not_after;
    item.record.ordered_with["directory"] = directory;
    stock_.add(std::move(item));
  }

  [[nodiscard]] Names best() {
    Names names;
    for (const StockItem* item : stock_.candidates(spec_, plan_, kStockTime)) {
      names.push_back(item->name);
    }
    return names;
  }

  [[nodiscard]] std::string why(const Names& names,
                                const CertificateRecord& record,
                                bool is_from_elsewhere = false) {
    return judge({.names = names,
                  .key = "ecdsa:256",
                  .record = record,
                  .is_from_elsewhere = is_from_elsewhere},
                 spec_, plan_, order_terms(plan_))
        .why_outdated;
  }

  Plan plan_;
  CertificateSpec spec_;
  Stock stock_;
};

TEST_F(StockTest, ChoosesWhatCoversAllElseMost) {
  add("one", {"a.example"});
  add("none", {"c.example"});
  add("all", {"a.example", "b.example", "c.example"});
  EXPECT_EQ(best(), (Names{"all", "one"}));
}

TEST_F(StockTest, ChoosesWhatIsValidBeforeWhatCoversMore) {
  add("expired", {"a.example", "b.example"}, kStockTime - 1h);
  add("valid", {"b.example"});
  EXPECT_EQ(best(), (Names{"valid", "expired"}));
}

TEST_F(StockTest, ChoosesTheWishedCaAndKeyBeforeOthers) {
  add("other", {"a.example", "b.example"}, kTestNotAfter + 24h);
  add("key", {"a.example", "b.example"}, kTestNotAfter, "ecdsa:256");
  add("ca", {"a.example", "b.example"}, kTestNotAfter, "rsa:2048",
      "https://first.example/dir");
  EXPECT_EQ(best(), (Names{"ca", "key", "other"}));
}

TEST_F(StockTest, KnowsWildcards) {
  spec_.identifiers = identifiers_of({"www.a.example", "*.b.example"});
  add("wildcard", {"*.a.example"});
  add("single", {"www.b.example"});
  EXPECT_EQ(best(), (Names{"wildcard"}));
}

TEST_F(StockTest, AnIssuerThatGotAnotherNameIsTheSame) {
  CertificateRecord record;
  record.issuer = "renamed";
  record.ordered_with = order_terms(plan_.issuers[0]);
  EXPECT_EQ(why({"a.example", "b.example"}, record), "");
}

TEST_F(StockTest, AnythingOrderedDifferentlyIsOutdated) {
  CertificateRecord record;
  record.issuer = "first";
  record.ordered_with = order_terms(plan_.issuers[0]);
  const Names names{"a.example", "b.example"};
  EXPECT_EQ(why(names, record), "");
  plan_.issuers[0].preferred_chain = "Root";
  EXPECT_EQ(why(names, record), "was ordered with preferred_chain \"\"");
  plan_.issuers[0].preferred_chain.clear();
  plan_.issuers[0].common_name_in_csr = true;
  EXPECT_EQ(why(names, record), "was ordered with common_name_in_csr \"off\"");
  plan_.issuers[0].common_name_in_csr = false;
  plan_.issuers[0].external_account = ExternalAccount{"kid", {}};
  record.ordered_with["external_account"] = "other";
  EXPECT_EQ(why(names, record),
            "was ordered with the external account \"other\"");
  plan_.issuers[0].external_account.reset();
  plan_.issuers[0].directory_url = "https://new.example/dir";
  EXPECT_EQ(why(names, record), "was ordered at \"https://first.example/dir\"");
  record.issuer = "gone";
  EXPECT_EQ(why(names, record), "was issued by \"gone\"");
}

TEST_F(StockTest, AnOperatorsNewAccountKeyOutdatesButLeavingItOutDoesNot) {
  const Names names{"a.example", "b.example"};
  CertificateRecord record;
  record.issuer = "first";
  plan_.issuers[0].account_key =
      PrivateKey::generate(KeyType::kEcdsa256).to_pem();
  record.ordered_with = order_terms(plan_.issuers[0]);
  EXPECT_EQ(why(names, record), "");
  plan_.issuers[0].account_key =
      PrivateKey::generate(KeyType::kEcdsa256).to_pem();
  EXPECT_EQ(why(names, record), "was ordered by an account with another key");
  plan_.issuers[0].account_key.clear();
  EXPECT_EQ(why(names, record), "");
}

TEST_F(StockTest, WhatAnotherIssuersDirectoryHadIsNotTheFirstChoice) {
  spec_.issuers = {1, 0};
  CertificateRecord record;
  record.issuer = "first";
  record.ordered_with = order_terms(plan_.issuers[0]);
  const Names names{"a.example", "b.example"};
  EXPECT_EQ(why(names, record), "");  // a backup's, stored at home
  EXPECT_EQ(why(names, record, true),
            "was issued by \"first\", and \"second\" is to be asked first");
}

class ArchiveTest : public testing::Test {
 protected:
  void store_one(const std::string& name) {
    PrivateKey key = PrivateKey::generate(KeyType::kEcdsa256);
    auto chain = CertificateChain::from_pem(
        ca_.issue(identifiers_of({"a.example"}), key));
    CertificateRecord record;
    record.next_action = "renew";
    record.next_action_at = kStockTime + 60 * 24h;
    store_.save_certificate(name, record, {std::move(*chain), std::move(key)});
  }
  void tidy(TimePoint now, const std::set<std::string>& mentioned = {}) {
    archive_unused(store_, mentioned, EventLog(logger_, "test"), now);
  }

  TestCa ca_;
  RecordingLogger logger_;
  FaultyFileSystem files_;
  FileStore store_{files_};
};

TEST_F(ArchiveTest, TakesWhatWasNotMentionedForThirtyDays) {
  store_one("a.example-1f");
  store_one("b.example-2e");
  tidy(kStockTime, {"b.example-2e"});
  EXPECT_EQ(store_.load_record("a.example-1f").next_action, "archive");
  EXPECT_EQ(store_.load_record("b.example-2e").next_action, "renew");
  tidy(kStockTime + 29 * 24h, {"b.example-2e"});
  EXPECT_EQ(store_.certificate_names().size(), 2U);
  tidy(kStockTime + 30 * 24h, {"b.example-2e"});
  EXPECT_EQ(store_.certificate_names(), Names{"b.example-2e"});
  EXPECT_EQ(
      files_.list("archive"),
      (Names{"a.example-1f.crt", "a.example-1f.json", "a.example-1f.key"}));
  EXPECT_TRUE(logger_.contains("\"a.example-1f\""));
}

TEST_F(ArchiveTest, LeavesWhatAnotherProcessServes) {
  store_one("a.example-1f");
  for (int day = 0; day < 90; ++day) {
    store_.save_followed("other", {"a.example-1f"}, kStockTime + day * 24h);
    tidy(kStockTime + day * 24h);
  }
  EXPECT_EQ(store_.certificate_names(), Names{"a.example-1f"});
  EXPECT_FALSE(store_.load_record("a.example-1f").unused_since);
  // When that one is gone, it takes a month for the note, and one more.
  tidy(kStockTime + 120 * 24h);
  EXPECT_EQ(files_.list("followers").size(), 0U);
  tidy(kStockTime + 151 * 24h);
  EXPECT_EQ(store_.certificate_names(), Names{});
}

TEST_F(ArchiveTest, LeavesWhatIsNotOurs) {
  store_one("mail.example");
  tidy(kStockTime);
  tidy(kStockTime + 60 * 24h);
  EXPECT_EQ(store_.certificate_names(), Names{"mail.example"});
}

TEST_F(ArchiveTest, GoesOnAfterACrashAtAnyStep) {
  bool was_hit = true;
  for (std::size_t n = 1; was_hit; ++n) {
    for (const std::string& file : files_.list("archive")) {
      files_.remove("archive/" + file);
    }
    store_one("a.example-1f");
    tidy(kStockTime);
    files_.crash_at_change(n);
    try {
      tidy(kStockTime + 31 * 24h);
    } catch (const Error&) {
      // It is tried again.
    }
    was_hit = files_.was_hit();
    files_.restart();
    for (int month = 2; month < 5; ++month) {
      tidy(kStockTime + month * 31 * 24h);
    }
    EXPECT_EQ(store_.certificate_names(), Names{}) << n;
    EXPECT_EQ(
        files_.list("archive"),
        (Names{"a.example-1f.crt", "a.example-1f.json", "a.example-1f.key"}))
        << n;
  }
}

}  // namespace
}  // namespace acme
