// SPDX-License-Identifier: BSD-2-Clause
// The state directory: what it keeps, and what it refuses to use.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <string>

#include "acme_core/error.h"
#include "tests/support/temporary_directory.h"
#include "tests/unit/storage/file_store_fixture.h"

namespace acme {
namespace {

using ::testing::HasSubstr;

// --- certificates -----------------------------------------------------------

TEST_F(FileStoreTest, FindsNothingInANewDirectory) {
  const auto loaded = store_.load_certificate(kName);
  EXPECT_FALSE(loaded.value);
  EXPECT_EQ(loaded.problem, "");
}

TEST_F(FileStoreTest, LoadsTheCertificateThatWasSaved) {
  const StoredCertificate saved = make_certificate();
  store_.save_certificate(kName, record_of("letsencrypt"), saved);
  for (FileStore* store : {&store_, &reader_}) {
    const auto loaded = store->load_certificate(kName);
    ASSERT_TRUE(loaded.value);
    EXPECT_EQ(loaded.problem, "");
    EXPECT_EQ(loaded.value->chain.to_pem(), saved.chain.to_pem());
    EXPECT_EQ(loaded.value->key.jwk(), saved.key.jwk());
  }
}

TEST_F(FileStoreTest, KeepsThreeFilesPerCertificateThatOthersCanRead) {
  const StoredCertificate saved = make_certificate();
  store_.save_certificate(kName, record_of("letsencrypt"), saved);
  store_.save_certificate(kName, record_of("letsencrypt"), make_certificate());
  store_.remove_previous(kName);
  EXPECT_EQ(files_.list(""),
            (Names{kName + ".crt", kName + ".json", kName + ".key"}));
  EXPECT_THAT(content(kName + ".crt"),
              ::testing::StartsWith("-----BEGIN CERTIFICATE-----\n"));
  EXPECT_THAT(content(kName + ".key"),
              ::testing::StartsWith("-----BEGIN PRIVATE KEY-----\n"));
  EXPECT_THAT(content(kName + ".json"), HasSubstr("\"letsencrypt\""));
  EXPECT_THAT(content(kName + ".json"), HasSubstr("\"serial\": \"02\""));
}

TEST_F(FileStoreTest, KeepsNamesWithWildcardsAndAddressesAsTheyAre) {
  for (const std::string name : {"*.example.org-1", "2001:db8::1-2"}) {
    store_.save_certificate(name, record_of("x"), make_certificate());
    EXPECT_TRUE(store_.load_certificate(name).value) << name;
    EXPECT_FALSE(content(name + ".crt").empty()) << name;
  }
}

TEST_F(FileStoreTest, RefusesNamesThatCouldLeaveTheDirectory) {
  const StoredCertificate certificate = make_certificate();
  for (const std::string& name :
       {std::string(), std::string(".."), std::string(".hidden"),
        std::string("a/b"), std::string("/a"), std::string("a\0b", 3)}) {
    const auto refused = [&](auto action) {
      EXPECT_EQ(kind_of_error(action), ErrorKind::kConfiguration) << name;
    };
    refused([&] { static_cast<void>(store_.load_certificate(name)); });
    refused(
        [&] { store_.save_certificate(name, record_of("x"), certificate); });
    refused([&] { static_cast<void>(store_.load_order(name)); });
    refused([&] { store_.save_order(name, make_order()); });
    refused([&] { store_.remove_order(name); });
  }
  EXPECT_TRUE(snapshot().empty());
}

TEST_F(FileStoreTest, ReturnsExpiredCertificatesToo) {
  const PrivateKey key = PrivateKey::generate(KeyType::kEcdsa256);
  const auto last_century =
      std::chrono::sys_days(std::chrono::year(1999) / 1 / 1);
  put(kName + ".crt", ca_.issue(identifiers_of({"www.example.org"}), key,
                                last_century, last_century));
  put_key(kName + ".key", key);
  EXPECT_EQ(found(Access::kOwner), "01");
}

TEST_F(FileStoreTest, ReadsThePairOfAnotherProgramWithoutMetadata) {
  const StoredCertificate certificate = make_certificate();
  put(kName + ".crt", certificate.chain.to_pem());
  put_key(kName + ".key", certificate.key);
  EXPECT_EQ(found(Access::kOwner), "01");
  EXPECT_EQ(files_.list(""), (Names{kName + ".crt", kName + ".key"}));
}

TEST_F(FileStoreTest, NeverStoresAPairThatDoesNotBelongTogether) {
  store_.save_certificate(kName, record_of("x"), make_certificate());
  StoredCertificate mixed{make_certificate().chain,
                          PrivateKey::generate(KeyType::kEcdsa256)};
  const Names before = snapshot();
  EXPECT_EQ(kind_of_error(
                [&] { store_.save_certificate(kName, record_of("x"), mixed); }),
            ErrorKind::kPermanent);
  EXPECT_EQ(snapshot(), before);
}

// --- files that cannot be used ----------------------------------------------

TEST_F(FileStoreTest, SetsAPairAsideThatDoesNotBelongTogether) {
  store_.save_certificate(kName, record_of("x"), make_certificate());
  const PrivateKey foreign = PrivateKey::generate(KeyType::kEcdsa256);
  put_key(kName + ".key", foreign);
  EXPECT_EQ(found(Access::kOwner),
            "none: \"memory/" + kName +
                ".crt\" does not match its private key; set aside as " + kName +
                ".crt.bad and " + kName +
                ".key.bad; what is served is stored in its place, or else a "
                "new one is ordered");
  const SecretBytes pem = foreign.to_pem();
  EXPECT_EQ(content(kName + ".key.bad"), std::string(pem.begin(), pem.end()));
  EXPECT_EQ(found(Access::kOwner), "none: ");
}

TEST_F(FileStoreTest, SaysWhatIsWrongWithAnUnusableFile) {
  const StoredCertificate certificate = make_certificate();
  struct Case {
    const char* crt;
    const char* key;
    const char* problem;
  };
  const std::string good_crt = certificate.chain.to_pem();
  const SecretBytes key_pem = certificate.key.to_pem();
  const std::string good_key(key_pem.begin(), key_pem.end());
  const Case cases[] = {
      {"garbage", good_key.c_str(), ".crt\" is not a certificate chain"},
      {"", good_key.c_str(), ".crt\" is not a certificate chain"},
      {good_crt.c_str(), "garbage", ".key\" is not an unencrypted private key"},
      {good_crt.c_str(), nullptr, ".crt\" has no private key"},
      {nullptr, good_key.c_str(), ".key\" has no certificate"}};
  for (const Case& one : cases) {
    for (const Access access : {Access::kReadOnly, Access::kOwner}) {
      if (one.crt != nullptr) {
        put(kName + ".crt", one.crt);
      }
      if (one.key != nullptr) {
        put(kName + ".key", one.key);
      }
      EXPECT_THAT(found(access), HasSubstr(one.problem));
    }
    EXPECT_EQ(found(Access::kOwner), "none: ") << one.problem;
  }
}

TEST_F(FileStoreTest, TouchesNoUnusableFileWhenItMayOnlyRead) {
  put(kName + ".crt", "garbage");
  EXPECT_THAT(found(Access::kReadOnly), HasSubstr("; it is not used"));
  EXPECT_EQ(files_.list(""), Names{kName + ".crt"});
}

TEST_F(FileStoreTest, LeavesFilesAloneThatTheDiskCannotRead) {
  // The chain cannot be used whichever way the disk answers for the key.
  put(kName + ".crt", "garbage");
  put_key(kName + ".key", PrivateKey::generate(KeyType::kEcdsa256));
  const Names before = snapshot();
  files_.restart();
  files_.fail_reads_of(kName + ".key");
  EXPECT_THAT(found(Access::kOwner), HasSubstr("; it is not used"));
  files_.restart();
  EXPECT_EQ(snapshot(), before);
}

TEST_F(FileStoreTest, OrdersAnewEvenWhenItCannotSetABadFileAside) {
  put(kName + ".crt", "garbage");
  files_.fail_change(1);
  const std::string problem = found(Access::kOwner);
  EXPECT_THAT(problem, HasSubstr("is not a certificate chain"));
  EXPECT_THAT(problem, HasSubstr("simulated disk failure"));
}

// --- the real disk ----------------------------------------------------------

TEST(FileStoreOnDisk, IsCleanedOfUnfinishedWritesByWhoeverLocksIt) {
  const TemporaryDirectory directory;
  PosixFileSystem files(directory.path().string());
  files.write("orders/a.key", {});
  for (const char* folder : {".", "orders"}) {
    std::ofstream(directory.path() / folder / ".tmp.0123456789abcdef") << "key";
  }
  {
    const auto another = files.try_lock("lock");
    EXPECT_FALSE(FileStore(files).try_lease(kStateLease));
    EXPECT_TRUE(
        std::filesystem::exists(directory.path() / ".tmp.0123456789abcdef"));
  }
  EXPECT_TRUE(FileStore(files).try_lease(kStateLease));
  for (const char* folder : {".", "orders"}) {
    EXPECT_FALSE(std::filesystem::exists(directory.path() / folder /
                                         ".tmp.0123456789abcdef"));
  }
}

TEST(FileStoreOnDisk, KeepsEverythingAcrossARestart) {
  const TemporaryDirectory directory;
  TestCa ca;
  const PrivateKey key = PrivateKey::generate(KeyType::kRsa2048);
  const std::string pem = ca.issue(identifiers_of({"www.example.org"}), key);
  {
    PosixFileSystem files(directory.path().string());
    FileStore store(files);
    const auto lock = store.try_lease(kStateLease);
    ASSERT_TRUE(lock);
    EXPECT_FALSE(FileStore(files).try_lease(kStateLease));
    store.save_account_key(key);
    store.save_order(
        kName, {"https://ca.example/1", identifiers_of({"www.example.org"}),
                PrivateKey::generate(KeyType::kEcdsa384)});
    store.save_certificate(kName, record_of("x"),
                           {CertificateChain::from_pem(pem).value(),
                            PrivateKey::from_pem(key.to_pem()).value()});
  }
  PosixFileSystem files(directory.path().string());
  FileStore store(files);
  EXPECT_TRUE(store.try_lease(kStateLease));
  EXPECT_TRUE(store.load_account_key().value);
  EXPECT_TRUE(store.load_order(kName).value);
  ASSERT_TRUE(store.load_certificate(kName).value);
  EXPECT_EQ(store.load_certificate(kName).value->chain.to_pem(), pem);
}

TEST(FileStoreOnDisk, NeverServesAKeyBehindASymbolicLink) {
  const TemporaryDirectory directory;
  const TemporaryDirectory elsewhere;
  PosixFileSystem files(directory.path().string());
  FileStore store(files);
  TestCa ca;
  PrivateKey key = PrivateKey::generate(KeyType::kEcdsa256);
  auto chain = CertificateChain::from_pem(
      ca.issue(identifiers_of({"www.example.org"}), key));
  store.save_certificate(kName, record_of("x"),
                         {std::move(*chain), std::move(key)});
  const auto path = directory.path() / (kName + ".key");
  std::filesystem::rename(path, elsewhere.path() / "key");
  std::filesystem::create_symlink(elsewhere.path() / "key", path);
  for (const Access access : {Access::kReadOnly, Access::kOwner}) {
    const auto loaded = FileStore(files, access).load_certificate(kName);
    EXPECT_FALSE(loaded.value);
    EXPECT_THAT(loaded.problem, HasSubstr(".key\" is a symbolic link"));
  }
  EXPECT_TRUE(std::filesystem::exists(elsewhere.path() / "key"));
}

}  // namespace
}  // namespace acme
