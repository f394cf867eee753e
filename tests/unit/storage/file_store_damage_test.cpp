// SPDX-License-Identifier: BSD-2-Clause
// The state directory: the previous pair, damaged files, records, the check.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "acme_core/error.h"
#include "tests/unit/storage/file_store_fixture.h"

namespace acme {
namespace {

using ::testing::HasSubstr;
using FileStoreDamageTest = FileStoreTest;

// --- the previous pair ------------------------------------------------------

TEST_F(FileStoreDamageTest, KeepsThePreviousPairUntilTheNewOneIsServed) {
  store_.save_certificate(kName, record_of("x"), make_certificate());
  const std::string chain = content(kName + ".crt");
  const std::string key = content(kName + ".key");
  EXPECT_EQ(content(kName + ".crt.prev"), "");
  store_.save_certificate(kName, record_of("x"), make_certificate());
  EXPECT_EQ(content(kName + ".crt.prev"), chain);
  EXPECT_EQ(content(kName + ".key.prev"), key);
  EXPECT_EQ(found(Access::kOwner), "02");
  store_.remove_previous(kName);
  EXPECT_EQ(files_.list(""),
            (Names{kName + ".crt", kName + ".json", kName + ".key"}));
  store_.remove_previous(kName);
}

TEST_F(FileStoreDamageTest, PutsThePreviousPairBackWhenTheNewOneIsDamaged) {
  for (const std::string suffix : {".crt", ".key"}) {
    const StoredCertificate older = make_certificate();
    store_.save_certificate(kName, record_of("x"), older);
    store_.save_certificate(kName, record_of("x"), make_certificate());
    put(kName + suffix, "garbage");
    const auto read = reader_.load_certificate(kName);
    ASSERT_TRUE(read.value);
    EXPECT_EQ(read.value->chain.serial(), older.chain.serial());
    EXPECT_THAT(read.problem,
                HasSubstr("; it is not used; the previous pair is used"));
    const auto loaded = store_.load_certificate(kName);
    ASSERT_TRUE(loaded.value);
    EXPECT_EQ(loaded.value->chain.serial(), older.chain.serial());
    EXPECT_TRUE(loaded.value->chain.matches(loaded.value->key));
    EXPECT_THAT(loaded.problem, HasSubstr(suffix + "\" is not a"));
    EXPECT_THAT(loaded.problem,
                HasSubstr("; set aside as " + kName + ".crt.bad and " + kName +
                          ".key.bad; the previous pair is used"));
    EXPECT_EQ(content(kName + suffix + ".bad"), "garbage");
    EXPECT_EQ(content(kName + ".crt"), older.chain.to_pem());
    EXPECT_THAT(content(kName + ".json"),
                HasSubstr("\"serial\": \"" + older.chain.serial() + "\""));
    EXPECT_EQ(store_.load_certificate(kName).problem, "");
  }
}

TEST_F(FileStoreDamageTest, UsesThePreviousPairWhenTheOtherIsMissing) {
  store_.save_certificate(kName, record_of("x"), make_certificate());
  store_.save_certificate(kName, record_of("x"), make_certificate());
  files_.remove(kName + ".crt");
  files_.remove(kName + ".key");
  const auto loaded = store_.load_certificate(kName);
  ASSERT_TRUE(loaded.value);
  EXPECT_EQ(loaded.value->chain.serial(), "01");
  EXPECT_EQ(loaded.problem, "\"memory/" + kName +
                                ".crt\" is missing; the previous pair is used");
}

TEST_F(FileStoreDamageTest, SurvivesACrashWhileItPutsThePreviousPairBack) {
  bool crashed = true;
  for (std::size_t n = 1; crashed; ++n) {
    const StoredCertificate older = make_certificate();
    store_.save_certificate(kName, record_of("x"), older);
    store_.save_certificate(kName, record_of("x"), make_certificate());
    put(kName + ".crt", "garbage");
    files_.restart();
    files_.crash_at_change(n);
    const auto loaded = store_.load_certificate(kName);
    crashed = files_.was_hit();
    ASSERT_TRUE(loaded.value) << n;
    EXPECT_NE(loaded.problem, "");
    files_.restart();
    EXPECT_EQ(found(Access::kReadOnly), older.chain.serial()) << n;
    EXPECT_EQ(found(Access::kOwner), older.chain.serial()) << n;
    store_.remove_previous(kName);
    EXPECT_EQ(found(Access::kOwner), older.chain.serial()) << n;
  }
}

TEST_F(FileStoreDamageTest, NeverRemovesThePreviousPairWhileItIsTheOnlyOne) {
  store_.save_certificate(kName, record_of("x"), make_certificate());
  store_.save_certificate(kName, record_of("x"), make_certificate());
  put(kName + ".key", "garbage");
  store_.remove_previous(kName);
  EXPECT_EQ(found(Access::kOwner), "01");
}

TEST_F(FileStoreDamageTest, LeavesEverythingAloneThatTheDiskCannotRead) {
  store_.save_certificate(kName, record_of("x"), make_certificate());
  store_.save_certificate(kName, record_of("x"), make_certificate());
  const Names before = snapshot();
  files_.restart();
  files_.fail_reads_of(kName + ".crt");
  EXPECT_EQ(found(Access::kOwner), "01");
  store_.remove_previous(kName);
  EXPECT_EQ(files_.changes(), 0U);
  files_.restart();
  EXPECT_EQ(snapshot(), before);
  EXPECT_EQ(found(Access::kOwner), "02");
}

TEST_F(FileStoreDamageTest, LeavesNoKeyBehindWhenRemovingThePreviousCrashes) {
  for (std::size_t n = 1; n <= 2; ++n) {
    store_.save_certificate(kName, record_of("x"), make_certificate());
    store_.save_certificate(kName, record_of("x"), make_certificate());
    files_.crash_at_change(n);
    EXPECT_THROW(store_.remove_previous(kName), Error);
    files_.restart();
    EXPECT_EQ(store_.load_certificate(kName).problem, "");
    store_.remove_previous(kName);
    EXPECT_EQ(content(kName + ".key.prev"), "");
    EXPECT_EQ(content(kName + ".crt.prev"), "");
  }
}

// --- as few writes as reasonable --------------------------------------------

TEST_F(FileStoreDamageTest, WritesOnlyTheDocumentWhenThePairIsThere) {
  const StoredCertificate saved = make_certificate();
  store_.save_certificate(kName, record_of("x"), saved);
  files_.restart();
  store_.save_certificate(kName, record_of("y"), copy_of(saved));
  EXPECT_EQ(files_.changes(), 1U);
  EXPECT_EQ(store_.load_record(kName).issuer, "y");
}

TEST_F(FileStoreDamageTest, KeepsAKeyThatIsUsedAgainWhereverACrashHits) {
  bool crashed = true;
  for (std::size_t n = 1; crashed; ++n) {
    const StoredCertificate older = make_certificate();
    const StoredCertificate newer = renew(older);
    store_.save_certificate(kName, record_of("x"), older);
    store_.remove_previous(kName);
    files_.restart();
    files_.crash_at_change(n);
    try {
      store_.save_certificate(kName, record_of("x"), newer);
    } catch (const Error&) {
    }
    crashed = files_.was_hit();
    files_.restart();
    EXPECT_EQ(found(Access::kOwner),
              n > 3 ? newer.chain.serial() : older.chain.serial())
        << n;
    EXPECT_EQ(crashed, n <= 4);
  }
}

// --- damage at every byte ---------------------------------------------------

TEST_F(FileStoreDamageTest, NeverReturnsAMismatchWhereverAFileIsCut) {
  const StoredCertificate older = make_certificate();
  const StoredCertificate newer = make_certificate();
  for (const std::string suffix : {".crt", ".key"}) {
    store_.save_certificate(kName, record_of("x"), older);
    store_.save_certificate(kName, record_of("x"), newer);
    const std::string whole = content(kName + suffix);
    for (std::size_t size = 0; size < whole.size(); ++size) {
      put(kName + suffix, whole.substr(0, size));
      // found() checks that the pair belongs together.
      EXPECT_THAT(found(Access::kReadOnly),
                  ::testing::AnyOf(older.chain.serial(), newer.chain.serial()))
          << suffix << " of " << size << " bytes";
    }
  }
}

TEST_F(FileStoreDamageTest, NeverReturnsAMismatchWhicheverBitIsFlipped) {
  const StoredCertificate older = make_certificate();
  const StoredCertificate newer = make_certificate();
  for (const std::string suffix : {".crt", ".key"}) {
    store_.save_certificate(kName, record_of("x"), older);
    store_.save_certificate(kName, record_of("x"), newer);
    const std::string whole = content(kName + suffix);
    for (std::size_t i = 0; i < whole.size(); ++i) {
      std::string damaged = whole;
      damaged[i] = static_cast<char>(damaged[i] ^ (1 << (i % 8)));
      put(kName + suffix, damaged);
      EXPECT_THAT(found(Access::kReadOnly),
                  ::testing::Not(::testing::StartsWith("none")))
          << suffix << " byte " << i;
    }
  }
}

TEST_F(FileStoreDamageTest, ReadsRecordsThatAreCutOrDamagedAnywhere) {
  CertificateRecord record = record_of("x");
  record.add({kTestNotBefore, "x", false, "message"});
  record.backoffs["x"] = {1, kTestNotBefore};
  store_.save_certificate(kName, record, make_certificate());
  store_.save_account_record({{"mailto:a@example.org"}, "kid"});
  store_.save_budget({{"orders", {kTestNotBefore}}});
  for (const std::string& path :
       {kName + ".json", std::string("account.json"),
        std::string("budget.json"), std::string("account.url")}) {
    const std::string whole = content(path);
    for (std::size_t i = 0; i < whole.size(); ++i) {
      std::string damaged = whole;
      damaged[i] = static_cast<char>(damaged[i] ^ (1 << (i % 8)));
      for (const std::string& text : {whole.substr(0, i), damaged}) {
        put(path, text);
        EXPECT_NO_THROW({
          static_cast<void>(store_.load_record(kName));
          static_cast<void>(store_.load_account_record());
          static_cast<void>(store_.load_budget());
          static_cast<void>(store_.load_account_url());
        });
      }
    }
  }
  EXPECT_EQ(found(Access::kOwner), "01");
  EXPECT_THAT(content(kName + ".json"), HasSubstr("\"serial\": \"01\""));
}

// --- records ----------------------------------------------------------------

TEST_F(FileStoreDamageTest, KeepsTheFactsWhenARecordIsSaved) {
  store_.save_certificate(kName, record_of("x"), make_certificate());
  CertificateRecord record = store_.load_record(kName);
  EXPECT_EQ(record.issuer, "x");
  record.add({kTestNotBefore, "y", false, "no"});
  store_.save_record(kName, record);
  EXPECT_THAT(content(kName + ".json"), HasSubstr("\"serial\": \"01\""));
  EXPECT_EQ(reader_.load_record(kName).history.size(), 1U);
  files_.restart();
  store_.save_record(kName, record);
  EXPECT_EQ(files_.changes(), 0U) << "nothing is new";
}

TEST_F(FileStoreDamageTest, KeepsARecordBeforeThereIsACertificate) {
  EXPECT_EQ(store_.load_record(kName).issuer, "");
  CertificateRecord record;
  record.backoffs["x"] = {2, kTestNotBefore};
  store_.save_record(kName, record);
  EXPECT_EQ(store_.load_record(kName).backoffs.at("x").failures, 2U);
  EXPECT_FALSE(store_.load_certificate(kName).value);
}

TEST_F(FileStoreDamageTest, FindsTheFactsOfAPairWithoutADocument) {
  const StoredCertificate certificate = make_certificate();
  put(kName + ".crt", certificate.chain.to_pem());
  put_key(kName + ".key", certificate.key);
  store_.save_record(kName, record_of("x"));
  EXPECT_THAT(content(kName + ".json"), HasSubstr("\"serial\": \"01\""));
}

TEST_F(FileStoreDamageTest, ForgetsTheWindowOfAnotherCertificate) {
  CertificateRecord record = record_of("x");
  record.window =
      RenewalWindow{kTestNotBefore, kTestNotAfter, kTestNotAfter, ""};
  store_.save_certificate(kName, record, make_certificate());
  EXPECT_TRUE(store_.load_record(kName).window);
  files_.restart();
  files_.crash_at_change(7);
  EXPECT_THROW(
      store_.save_certificate(kName, record_of("x"), make_certificate()),
      Error);
  files_.restart();
  EXPECT_EQ(found(Access::kOwner), "02");
  EXPECT_FALSE(store_.load_record(kName).window);
  EXPECT_EQ(store_.load_record(kName).issuer, "x");
}

TEST_F(FileStoreDamageTest, GivesTheChainARevision) {
  EXPECT_EQ(store_.certificate_revision(kName), std::nullopt);
  store_.save_certificate(kName, record_of("x"), make_certificate());
  const auto first = store_.certificate_revision(kName);
  EXPECT_TRUE(first);
  EXPECT_EQ(reader_.certificate_revision(kName), first);
  store_.save_certificate(kName, record_of("x"), make_certificate());
  EXPECT_NE(store_.certificate_revision(kName), first);
  EXPECT_THROW(static_cast<void>(store_.certificate_revision("a/b")), Error);
}

// --- the check --------------------------------------------------------------

TEST_F(FileStoreDamageTest, LeavesNothingBehindAfterACheck) {
  store_.check();
  EXPECT_EQ(files_.changes(), 2U);
  EXPECT_TRUE(snapshot().empty());
}

TEST_F(FileStoreDamageTest, SaysWhyNothingIsOrdered) {
  const auto message = [&] {
    try {
      store_.check();
    } catch (const Error& error) {
      EXPECT_EQ(error.kind(), ErrorKind::kOurs);
      return std::string(error.what());
    }
    return std::string();
  };
  for (std::size_t n = 1; n <= 2; ++n) {
    files_.restart();
    files_.fail_change(n);
    EXPECT_EQ(message(),
              "the state directory \"memory\" cannot be written: cannot " +
                  std::string(n == 1 ? "write" : "remove") +
                  " check: simulated disk failure; nothing is ordered until "
                  "it can");
  }
  files_.restart();
  files_.fail_reads_of("check");
  EXPECT_THAT(message(), HasSubstr("does not come back: simulated disk"));
  files_.restart();
  EXPECT_EQ(message(), "");
}

}  // namespace
}  // namespace acme
