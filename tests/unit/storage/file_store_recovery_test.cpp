// SPDX-License-Identifier: BSD-2-Clause
// The state directory after crashes and disk failures: the old or the new pair.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>
#include <string>
#include <string_view>
#include <utility>

#include "acme_core/error.h"
#include "tests/unit/storage/file_store_fixture.h"

namespace acme {
namespace {

using ::testing::HasSubstr;
using FileStoreRecoveryTest = FileStoreTest;

TEST_F(FileStoreRecoveryTest, KeepsTheOldPairOrTheNewWhicheverStepACrashHits) {
  for (const Access access : {Access::kReadOnly, Access::kOwner}) {
    bool crashed = true;
    for (std::size_t n = 1; crashed; ++n) {
      const StoredCertificate older = make_certificate();
      const StoredCertificate newer = make_certificate();
      store_.save_certificate(kName, record_of("x"), older);
      files_.crash_at_change(n);
      try {
        store_.save_certificate(kName, record_of("x"), newer);
      } catch (const Error&) {
      }
      crashed = files_.was_hit();
      files_.restart();
      EXPECT_THAT(found(access),
                  ::testing::AnyOf(older.chain.serial(), newer.chain.serial()))
          << "crash at change " << n;
      if (!crashed) {
        EXPECT_EQ(found(access), newer.chain.serial());
        EXPECT_EQ(n, 8U) << "a replacement takes seven changes";
      }
    }
  }
}

TEST_F(FileStoreRecoveryTest, LosesAtMostTheNewPairWhenTheFirstSaveCrashes) {
  bool crashed = true;
  for (std::size_t n = 1; crashed; ++n) {
    const std::string name = "a-" + std::to_string(n);
    const StoredCertificate certificate = make_certificate();
    files_.crash_at_change(n);
    try {
      store_.save_certificate(name, record_of("x"), certificate);
    } catch (const Error&) {
    }
    crashed = files_.was_hit();
    files_.restart();
    const auto loaded = store_.load_certificate(name);
    EXPECT_EQ(loaded.problem, "") << "crash at change " << n;
    EXPECT_EQ(loaded.value.has_value(), n > 2) << "crash at change " << n;
  }
}

TEST_F(FileStoreRecoveryTest,
       SurvivesASecondCrashWhileItCleansUpAfterTheFirst) {
  for (std::size_t first = 1; first <= 7; ++first) {
    bool crashed_again = true;
    for (std::size_t second = 1; crashed_again; ++second) {
      const StoredCertificate older = make_certificate();
      const StoredCertificate newer = make_certificate();
      store_.save_certificate(kName, record_of("x"), older);
      files_.crash_at_change(first);
      EXPECT_THROW(store_.save_certificate(kName, record_of("x"), newer),
                   Error);
      files_.restart();
      files_.crash_at_change(second);
      static_cast<void>(store_.load_certificate(kName));
      crashed_again = files_.was_hit();
      files_.restart();
      EXPECT_EQ(found(Access::kOwner),
                first > 4 ? newer.chain.serial() : older.chain.serial())
          << "crash at change " << first << ", then at " << second;
    }
  }
}

TEST_F(FileStoreRecoveryTest, SurvivesACrashInTheSaveAfterACrashedSave) {
  for (std::size_t first = 1; first <= 7; ++first) {
    bool crashed_again = true;
    for (std::size_t second = 1; crashed_again; ++second) {
      const StoredCertificate certificates[] = {
          make_certificate(), make_certificate(), make_certificate()};
      store_.save_certificate(kName, record_of("x"), certificates[0]);
      files_.crash_at_change(first);
      EXPECT_THROW(
          store_.save_certificate(kName, record_of("x"), certificates[1]),
          Error);
      files_.restart();
      files_.crash_at_change(second);
      try {
        store_.save_certificate(kName, record_of("x"), certificates[2]);
      } catch (const Error&) {
      }
      crashed_again = files_.was_hit();
      files_.restart();
      if (!crashed_again) {
        EXPECT_EQ(found(Access::kReadOnly), certificates[2].chain.serial());
      }
      EXPECT_THAT(found(Access::kReadOnly),
                  ::testing::AnyOf(certificates[0].chain.serial(),
                                   certificates[1].chain.serial(),
                                   certificates[2].chain.serial()))
          << "crash at change " << first << ", then at " << second;
      static_cast<void>(found(Access::kOwner));
    }
  }
}

TEST_F(FileStoreRecoveryTest, TidiesUpAfterACrash) {
  for (std::size_t n = 1; n <= 7; ++n) {
    store_.save_certificate(kName, record_of("letsencrypt"),
                            make_certificate());
    files_.crash_at_change(n);
    EXPECT_THROW(store_.save_certificate(kName, record_of("letsencrypt"),
                                         make_certificate()),
                 Error);
    files_.restart();
    const std::string serial = found(Access::kOwner);
    store_.remove_previous(kName);
    EXPECT_EQ(files_.list(""),
              (Names{kName + ".crt", kName + ".json", kName + ".key"}))
        << "crash at change " << n;
    EXPECT_THAT(content(kName + ".json"),
                HasSubstr("\"serial\": \"" + serial + "\""));
    EXPECT_THAT(content(kName + ".json"), HasSubstr("\"letsencrypt\""));
  }
}

TEST_F(FileStoreRecoveryTest, ChangesNothingWhenItMayOnlyRead) {
  for (std::size_t n = 1; n <= 7; ++n) {
    store_.save_certificate(kName, record_of("x"), make_certificate());
    files_.crash_at_change(n);
    EXPECT_THROW(
        store_.save_certificate(kName, record_of("x"), make_certificate()),
        Error);
    files_.restart();
    const Names before = snapshot();
    static_cast<void>(found(Access::kReadOnly));
    EXPECT_EQ(snapshot(), before) << "crash at change " << n;
    EXPECT_EQ(files_.changes(), 0U);
    static_cast<void>(found(Access::kOwner));
  }
}

TEST_F(FileStoreRecoveryTest, ServesAGoodPairAlthoughTheDiskTakesNoChanges) {
  const StoredCertificate newer = make_certificate();
  store_.save_certificate(kName, record_of("x"), make_certificate());
  files_.crash_at_change(5);
  EXPECT_THROW(store_.save_certificate(kName, record_of("x"), newer), Error);
  files_.restart();
  files_.crash_at_change(1);
  const auto loaded = store_.load_certificate(kName);
  ASSERT_TRUE(loaded.value);
  EXPECT_EQ(loaded.value->chain.serial(), newer.chain.serial());
  EXPECT_THAT(loaded.problem, HasSubstr("simulated disk failure"));
}

TEST_F(FileStoreRecoveryTest, SaysWhenACertificateCannotBeSaved) {
  files_.fail_change(2);
  EXPECT_EQ(kind_of_error([&] {
              store_.save_certificate(kName, record_of("x"),
                                      make_certificate());
            }),
            ErrorKind::kOurs);
}

// A reader may meet the owner in the middle of a replacement: each file is
// whole, but the key may be read before and the chain after.
TEST_F(FileStoreRecoveryTest, LooksAgainWhenAReplacementHappensWhileItReads) {
  class ReplacingFileSystem final : public FileSystem {
   public:
    ReplacingFileSystem(FileSystem& files, std::function<void()> replace)
        : files_(files), replace_(std::move(replace)) {}
    const std::string& root() const noexcept override { return files_.root(); }
    ReadResult read(std::string_view path, std::size_t limit) const override {
      ReadResult result = files_.read(path, limit);
      if (replace_) {
        std::exchange(replace_, nullptr)();
      }
      return result;
    }
    void write(std::string_view, std::span<const std::uint8_t>) override {}
    void rename(std::string_view, std::string_view) override {}
    std::optional<FileStamp> stamp(std::string_view) const override {
      return {};
    }
    void remove(std::string_view) override {}
    Names list(std::string_view) const override { return {}; }
    std::unique_ptr<FileLock> try_lock(std::string_view) override { return {}; }

   private:
    FileSystem& files_;
    mutable std::function<void()> replace_;
  };
  const StoredCertificate newer = make_certificate();
  store_.save_certificate(kName, record_of("x"), make_certificate());
  ReplacingFileSystem files(
      files_, [&] { store_.save_certificate(kName, record_of("x"), newer); });
  const auto loaded =
      FileStore(files, Access::kReadOnly).load_certificate(kName);
  EXPECT_EQ(loaded.problem, "");
  ASSERT_TRUE(loaded.value);
  EXPECT_EQ(loaded.value->chain.serial(), newer.chain.serial());
}

TEST_F(FileStoreRecoveryTest, KeepsANewPairThatTheDiskCannotReadYet) {
  const StoredCertificate older = make_certificate();
  const StoredCertificate newer = make_certificate();
  store_.save_certificate(kName, record_of("x"), older);
  files_.crash_at_change(5);
  EXPECT_THROW(store_.save_certificate(kName, record_of("x"), newer), Error);
  files_.restart();
  files_.fail_reads_of(kName + ".key.next");
  EXPECT_EQ(found(Access::kOwner), older.chain.serial());
  files_.restart();
  EXPECT_EQ(found(Access::kOwner), newer.chain.serial());
}

}  // namespace
}  // namespace acme
