// SPDX-License-Identifier: BSD-2-Clause
// The state directory: the account, its keys, and the budget.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "acme_core/error.h"
#include "tests/unit/storage/file_store_fixture.h"

namespace acme {
namespace {

using ::testing::HasSubstr;
using FileStoreAccountTest = FileStoreTest;

TEST_F(FileStoreAccountTest, KeepsTheAccount) {
  EXPECT_FALSE(store_.load_account_key().value);
  EXPECT_EQ(store_.load_account_url(), std::nullopt);
  const PrivateKey key = PrivateKey::generate(KeyType::kEcdsa256);
  store_.save_account_key(key);
  store_.save_account_url("https://ca.example/acct/1");
  const auto loaded = reader_.load_account_key();
  ASSERT_TRUE(loaded.value);
  EXPECT_EQ(loaded.problem, "");
  EXPECT_EQ(loaded.value->jwk(), key.jwk());
  EXPECT_EQ(reader_.load_account_url(), "https://ca.example/acct/1");
  EXPECT_EQ(content("account.url"), "https://ca.example/acct/1\n");
  store_.remove_account_url();
  EXPECT_EQ(store_.load_account_url(), std::nullopt);
}

TEST_F(FileStoreAccountTest, ReadsAnAccountUrlWithoutANewline) {
  put("account.url", "https://ca.example/acct/1");
  EXPECT_EQ(store_.load_account_url(), "https://ca.example/acct/1");
}

TEST_F(FileStoreAccountTest, IgnoresAnAccountUrlThatIsNone) {
  for (const char* text : {"", "\n", "a b", "https://ca.example/\nx", "\xff"}) {
    put("account.url", text);
    EXPECT_EQ(store_.load_account_url(), std::nullopt) << text;
  }
}

TEST_F(FileStoreAccountTest, SetsABadAccountKeyAsideTogetherWithItsUrl) {
  put("account.key", "garbage");
  put("account.url", "https://ca.example/acct/1");
  EXPECT_THAT(reader_.load_account_key().problem, HasSubstr("it is not used"));
  EXPECT_EQ(files_.list(""), (Names{"account.key", "account.url"}));
  EXPECT_EQ(store_.load_account_key().problem,
            "\"memory/account.key\" is not an unencrypted private key of a "
            "type in use; set aside as account.key.bad; a new account will be "
            "made");
  EXPECT_EQ(files_.list(""), Names{"account.key.bad"});
}

TEST_F(FileStoreAccountTest, NeverPairsANewAccountKeyWithAnOldUrl) {
  bool crashed = true;
  for (std::size_t n = 1; crashed; ++n) {
    const PrivateKey older = PrivateKey::generate(KeyType::kEcdsa256);
    store_.save_account_key(older);
    store_.save_account_url("https://ca.example/old");
    files_.crash_at_change(n);
    try {
      store_.save_account_key(PrivateKey::generate(KeyType::kEcdsa256));
    } catch (const Error&) {
    }
    crashed = files_.was_hit();
    files_.restart();
    const auto key = store_.load_account_key();
    ASSERT_TRUE(key.value);
    if (key.value->jwk() != older.jwk()) {
      EXPECT_EQ(store_.load_account_url(), std::nullopt);
    }
  }
}

// A new account because of a hiccup would orphan the old one.
TEST_F(FileStoreAccountTest, DoesNotMistakeAFailingDiskForAMissingAccount) {
  store_.save_account_key(PrivateKey::generate(KeyType::kEcdsa256));
  const Names before = snapshot();
  files_.restart();
  files_.fail_read(1);
  EXPECT_EQ(
      kind_of_error([&] { static_cast<void>(store_.load_account_key()); }),
      ErrorKind::kOurs);
  files_.restart();
  files_.fail_read(1);
  EXPECT_EQ(
      kind_of_error([&] { static_cast<void>(store_.load_account_url()); }),
      ErrorKind::kOurs);
  files_.restart();
  EXPECT_EQ(snapshot(), before);
}

TEST_F(FileStoreAccountTest, KeepsWhatTheCaWasToldOfTheAccount) {
  EXPECT_TRUE(store_.load_account_record().contacts.empty());
  store_.save_account_record({{"mailto:a@example.org"}, "kid"});
  EXPECT_EQ(reader_.load_account_record().contacts,
            Names{"mailto:a@example.org"});
  EXPECT_EQ(reader_.load_account_record().external_account_kid, "kid");
  put("account.json", "{");
  EXPECT_TRUE(store_.load_account_record().contacts.empty());
}

TEST_F(FileStoreAccountTest, PutsTheNextKeyInPlaceAndKeepsTheUrl) {
  const PrivateKey older = PrivateKey::generate(KeyType::kEcdsa256);
  const PrivateKey next = PrivateKey::generate(KeyType::kEcdsa256);
  store_.save_account_key(older);
  store_.save_account_url("https://ca.example/acct/1");
  EXPECT_FALSE(store_.load_next_account_key().value);
  store_.save_next_account_key(next);
  EXPECT_EQ(store_.load_account_key().value->jwk(), older.jwk());
  EXPECT_EQ(reader_.load_next_account_key().value->jwk(), next.jwk());
  store_.promote_next_account_key();
  EXPECT_EQ(store_.load_account_key().value->jwk(), next.jwk());
  EXPECT_EQ(store_.load_account_url(), "https://ca.example/acct/1");
  EXPECT_EQ(files_.list(""), (Names{"account.key", "account.url"}));
  EXPECT_THROW(store_.promote_next_account_key(), Error);
}

TEST_F(FileStoreAccountTest, HasBothKeysOrThePromotedOneWhereverACrashHits) {
  bool crashed = true;
  for (std::size_t n = 1; crashed; ++n) {
    const PrivateKey older = PrivateKey::generate(KeyType::kEcdsa256);
    const PrivateKey next = PrivateKey::generate(KeyType::kEcdsa256);
    store_.save_account_key(older);
    store_.save_account_url("https://ca.example/acct/1");
    files_.crash_at_change(n);
    try {
      store_.save_next_account_key(next);
      store_.promote_next_account_key();
    } catch (const Error&) {
    }
    crashed = files_.was_hit();
    files_.restart();
    const auto current = store_.load_account_key();
    const auto waiting = store_.load_next_account_key();
    ASSERT_TRUE(current.value);
    EXPECT_EQ(current.value->jwk(), crashed ? older.jwk() : next.jwk());
    EXPECT_EQ(waiting.value.has_value(), n == 2);
    EXPECT_EQ(store_.load_account_url(), "https://ca.example/acct/1");
    store_.remove_next_account_key();
    EXPECT_FALSE(store_.load_next_account_key().value);
  }
}

TEST_F(FileStoreAccountTest, SetsABadNextKeyAsideAndKeepsTheAccount) {
  store_.save_account_key(PrivateKey::generate(KeyType::kEcdsa256));
  store_.save_account_url("https://ca.example/acct/1");
  put("account.key.next", "garbage");
  EXPECT_THAT(reader_.load_next_account_key().problem,
              HasSubstr("it is not used"));
  EXPECT_EQ(store_.load_next_account_key().problem,
            "\"memory/account.key.next\" is not an unencrypted private key of "
            "a type in use; set aside as account.key.next.bad; the account "
            "keeps its key");
  EXPECT_TRUE(store_.load_account_key().value);
  EXPECT_EQ(store_.load_account_url(), "https://ca.example/acct/1");
}

TEST_F(FileStoreAccountTest, KeepsABudget) {
  EXPECT_TRUE(store_.load_budget().empty());
  store_.save_budget({{"orders", {kTestNotBefore}}});
  EXPECT_EQ(reader_.load_budget().at("orders"), std::vector{kTestNotBefore});
  put("budget.json", "[");
  EXPECT_TRUE(store_.load_budget().empty());
}

TEST_F(FileStoreAccountTest, DoesNotForgetABudgetBecauseItIsLong) {
  const BudgetRecord record{{"orders", std::vector(60'000, kTestNotBefore)}};
  store_.save_budget(record);
  EXPECT_EQ(store_.load_budget().at("orders").size(), 60'000U);
}

TEST_F(FileStoreAccountTest, SaysWhenTheDiskCannotReadARecord) {
  const auto fails = [&](const std::string& path, auto action) {
    files_.restart();
    files_.fail_reads_of(path);
    EXPECT_EQ(kind_of_error(action), ErrorKind::kOurs) << path;
  };
  fails("account.json",
        [&] { static_cast<void>(store_.load_account_record()); });
  fails("account.key.next",
        [&] { static_cast<void>(store_.load_next_account_key()); });
  fails("budget.json", [&] { static_cast<void>(store_.load_budget()); });
  fails(kName + ".json", [&] { static_cast<void>(store_.load_record(kName)); });
  fails(kName + ".json", [&] { store_.save_record(kName, {}); });
}

}  // namespace
}  // namespace acme
