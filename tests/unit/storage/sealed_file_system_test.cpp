// SPDX-License-Identifier: BSD-2-Clause
// A state directory whose private keys are sealed.
#include "acme_core/storage/sealed_file_system.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <fstream>
#include <iterator>
#include <map>
#include <memory>
#include <string>

#include "acme_core/error.h"
#include "acme_core/storage/file_store.h"
#include "acme_core/storage/state_file.h"
#include "tests/support/failure_of.h"
#include "tests/support/temporary_directory.h"
#include "tests/support/test_ca.h"

namespace acme {
namespace {

using ::testing::HasSubstr;
using ::testing::StartsWith;

const std::string kSealedName = "www.example.com-0123456789abcdef";
const SecretBytes kOldKey(kSealingKeySize, 1);
const SecretBytes kNewKey(kSealingKeySize, 2);

// The directory as a process with these keys sees it.
struct Process {
  explicit Process(const std::string& path, SealingKeys keys = {})
      : files(open_state_directory(path, keys)) {}

  std::unique_ptr<FileSystem> files;
  FileStore store{*files};
};

class SealedFileSystemTest : public ::testing::Test {
 protected:
  [[nodiscard]] Process with(SealingKeys keys) const {
    return Process(path_, std::move(keys));
  }
  [[nodiscard]] Process without_keys() const { return Process(path_); }
  [[nodiscard]] Process with_old_key() const { return with({{kOldKey}, true}); }

  StoredCertificate make_certificate() {
    return issue(PrivateKey::generate(KeyType::kEcdsa256));
  }

  StoredCertificate issue(PrivateKey key) {
    auto chain = CertificateChain::from_pem(
        ca_.issue(identifiers_of({"www.example.com"}), key));
    return {std::move(chain.value()), std::move(key)};
  }

  [[nodiscard]] std::string content(const std::string& file) const {
    std::ifstream in(path_ + "/" + file);
    return {std::istreambuf_iterator<char>(in), {}};
  }

  // Everything that has a private key.
  void save_all(FileStore& store) {
    store.save_account_key(PrivateKey::generate(KeyType::kEcdsa256));
    store.save_next_account_key(PrivateKey::generate(KeyType::kEcdsa256));
    store.save_certificate(kSealedName, {}, make_certificate());
    store.save_certificate(kSealedName, {}, make_certificate());
    store.save_order(kSealedName, {"https://ca.example.com/order/1",
                                   identifiers_of({"www.example.com"}),
                                   PrivateKey::generate(KeyType::kEcdsa256)});
    AcmeDnsAccount account;
    account = {"https://dns.example.com", "user", SecretBytes(20, 'p'),
               "x.dns.example.com", "x"};
    store.save_acme_dns_account("example.com", account);
  }

  void save_all(FileStore&& store) { save_all(store); }

  static const std::vector<std::string>& secret_files() {
    static const std::vector<std::string> files{
        "account.key",        "account.key.next",
        kSealedName + ".key", kSealedName + ".key.prev",
        "acme-dns.json",      "orders/" + kSealedName + ".key"};
    return files;
  }

  void expect_all_usable(FileStore& store) {
    EXPECT_TRUE(store.load_account_key().value);
    EXPECT_TRUE(store.load_next_account_key().value);
    EXPECT_TRUE(store.load_certificate(kSealedName).value);
    EXPECT_TRUE(store.load_verified(kSealedName));
    EXPECT_TRUE(store.load_order(kSealedName).value);
  }

  TemporaryDirectory directory_;
  std::string path_ = directory_.path().string();
  TestCa ca_;
};

TEST_F(SealedFileSystemTest, SealsEverySecretAndNothingElse) {
  Process process = with_old_key();
  save_all(process.store);
  for (const std::string& file : secret_files()) {
    EXPECT_THAT(content(file), StartsWith("ngx-acme-sealed 1 ")) << file;
  }
  EXPECT_THAT(content(kSealedName + ".crt"),
              StartsWith("-----BEGIN CERTIFICATE"));
  EXPECT_THAT(content(kSealedName + ".json"), StartsWith("{"));
  expect_all_usable(process.store);
}

TEST_F(SealedFileSystemTest, BindsAKeyToItsCertificate) {
  Process process = with_old_key();
  const StoredCertificate first = make_certificate();
  process.store.save_certificate(kSealedName, {}, first);
  EXPECT_THAT(content(kSealedName + ".key"),
              HasSubstr(" " + first.chain.serial() + " "));

  // The same key, as a renewal keeps it, is sealed for the next one.
  const StoredCertificate next = issue(first.key.copy());
  ASSERT_NE(next.chain.serial(), first.chain.serial());
  process.store.save_certificate(kSealedName, {}, next);
  EXPECT_THAT(content(kSealedName + ".key"),
              HasSubstr(" " + next.chain.serial() + " "));
  EXPECT_THAT(content(kSealedName + ".key.prev"),
              HasSubstr(" " + first.chain.serial() + " "));

  // Put back beside the wrong one, it is not used.
  std::ofstream(path_ + "/" + kSealedName + ".key")
      << content(kSealedName + ".key.prev");
  const auto loaded = process.store.load_verified(kSealedName);
  EXPECT_FALSE(loaded);
}

TEST_F(SealedFileSystemTest, SealsWhatWasPlainAndKeepsItInUse) {
  save_all(without_keys().store);
  Process process = with_old_key();
  expect_all_usable(process.store);

  const SealReport report = process.files->renew_seals();

  EXPECT_EQ(report.sealed, secret_files().size());
  EXPECT_EQ(report.problem, "");
  for (const std::string& file : secret_files()) {
    EXPECT_THAT(content(file), StartsWith("ngx-acme-sealed 1 ")) << file;
  }
  const auto chain =
      process.store.load_certificate(kSealedName).value->chain.serial();
  EXPECT_THAT(content(kSealedName + ".key"), HasSubstr(" " + chain + " "));
  expect_all_usable(process.store);
  EXPECT_EQ(process.files->renew_seals().sealed, 0U);
}

TEST_F(SealedFileSystemTest, RotatesToAnotherKey) {
  save_all(with_old_key().store);
  Process process = with({{kNewKey, kOldKey}, true});
  expect_all_usable(process.store);
  EXPECT_EQ(process.files->renew_seals().sealed, secret_files().size());

  Process later = with({{kNewKey}, true});
  EXPECT_EQ(later.files->renew_seals().problem, "");
  expect_all_usable(later.store);
}

TEST_F(SealedFileSystemTest, GoesBackToPlainFiles) {
  save_all(with_old_key().store);
  Process process = with({{kOldKey}, false});
  expect_all_usable(process.store);
  EXPECT_EQ(process.files->renew_seals().opened, secret_files().size());
  Process later = without_keys();
  EXPECT_EQ(later.files->renew_seals().problem, "");
  expect_all_usable(later.store);
  EXPECT_THAT(content("account.key"), StartsWith("-----BEGIN PRIVATE KEY"));
}

TEST_F(SealedFileSystemTest, NeverSetsAsideOrReplacesWhatAMissingKeyOpens) {
  save_all(with_old_key().store);
  std::map<std::string, std::string> before;
  for (const std::string& file : secret_files()) {
    before[file] = content(file);
  }
  for (const SealingKeys& keys :
       {SealingKeys{}, SealingKeys{{kNewKey}, true}, SealingKeys{{}, false}}) {
    Process process = with(keys);
    EXPECT_THAT(process.files->renew_seals().problem,
                HasSubstr("is sealed with the key"));
    const auto loaded = process.store.load_certificate(kSealedName);
    EXPECT_FALSE(loaded.value);
    EXPECT_THAT(loaded.problem, HasSubstr("acme_state_key"));
    EXPECT_THROW(static_cast<void>(process.store.load_account_key()), Error);
    EXPECT_THROW(static_cast<void>(process.store.load_order(kSealedName)),
                 Error);
    // Nothing is ordered while check() fails, and nothing overwritten.
    EXPECT_THAT(failure_of([&] { process.store.check(); }).what(),
                HasSubstr("acme_state_key"));
    EXPECT_THROW(
        process.store.save_certificate(kSealedName, {}, make_certificate()),
        Error);
    for (const auto& [file, text] : before) {
      EXPECT_EQ(content(file), text) << file;
    }
  }
}

TEST_F(SealedFileSystemTest, OrdersAgainWhenTheClosedFileIsRemoved) {
  with_old_key().store.save_account_key(
      PrivateKey::generate(KeyType::kEcdsa256));
  Process process = without_keys();
  EXPECT_NE(process.files->renew_seals().problem, "");
  EXPECT_THROW(process.store.check(), Error);
  process.files->remove("account.key");
  process.store.check();
}

TEST_F(SealedFileSystemTest, SetsADamagedSealAside) {
  save_all(with_old_key().store);
  std::string text = content("account.key");
  text[text.size() - 5] = text[text.size() - 5] == 'A' ? 'B' : 'A';
  std::ofstream(path_ + "/account.key") << text;
  Process process = with_old_key();
  const auto loaded = process.store.load_account_key();
  EXPECT_FALSE(loaded.value);
  EXPECT_THAT(loaded.problem, HasSubstr("set aside"));
  process.store.check();
}

TEST_F(SealedFileSystemTest, OpensWhatWasGivenAnotherName) {
  Process process = with_old_key();
  const PrivateKey key = PrivateKey::generate(KeyType::kEcdsa256);
  process.files->write("old.key", key.to_pem());
  process.files->rename("old.key", "archive/new.key");
  EXPECT_EQ(process.files->read("archive/new.key", kLargestFile).data,
            key.to_pem());
  EXPECT_EQ(process.files->read("old.key", kLargestFile).status,
            ReadResult::Status::kNotFound);
  // By hand it would be another's.
  std::ofstream(path_ + "/third.key") << content("archive/new.key");
  EXPECT_EQ(process.files->read("third.key", kLargestFile).status,
            ReadResult::Status::kRefused);
}

}  // namespace
}  // namespace acme
