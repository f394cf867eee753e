// SPDX-License-Identifier: BSD-2-Clause
// Pairs for other programs: which, where, and never two halves of different
// ones.
#include <gmock/gmock.h>
#include <openssl/pkcs12.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <iterator>

#include "acme_core/crypto/pkcs12.h"
#include "acmectl/export/choice.h"
#include "acmectl/export/export_json.h"
#include "acmectl/export/file_access.h"
#include "acmectl/export/pair_folder.h"
#include "acmectl/refusal.h"
#include "tests/unit/acmectl/foreign_site.h"

namespace acmectl {
namespace {

using acme::KeyType;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::UnorderedElementsAre;

MATCHER_P2(Chosen, id, folder, "") {
  *result_listener << arg.id << " in " << arg.folder;
  return arg.id == id && arg.folder == folder;
}

std::string contents_of(const std::filesystem::path& path) {
  std::ifstream file(path);
  return {std::istreambuf_iterator<char>(file),
          std::istreambuf_iterator<char>()};
}

class Export : public testing::Test {
 protected:
  acme::StoredCertificate pair(const std::vector<std::string>& names,
                               KeyType type = KeyType::kEcdsa256,
                               acme::TimePoint end = acme::kTestNotAfter) {
    auto key = acme::PrivateKey::generate(type);
    auto chain = acme::CertificateChain::from_pem(
        ca_.issue(acme::identifiers_of(names), key, acme::kTestNotBefore, end));
    return {std::move(*chain), std::move(key)};
  }

  void store(const std::string& id, const acme::StoredCertificate& certificate,
             bool is_unused = false) {
    acme::CertificateRecord record;
    if (is_unused) {
      record.unused_since = acme::kTestNotBefore;
    }
    store_.save_certificate(id, record, certificate);
  }

  [[nodiscard]] std::filesystem::path target() const {
    return directory_.path() / "export";
  }
  [[nodiscard]] std::vector<std::string> entries_of(
      const std::string& name) const {
    std::vector<std::string> entries;
    for (const auto& entry :
         std::filesystem::directory_iterator(target() / name)) {
      entries.push_back(entry.path().filename().string());
    }
    return entries;
  }

  acme::TestCa ca_;
  acme::TemporaryDirectory directory_;
  acme::FileStore store_{
      std::make_unique<acme::PosixFileSystem>(directory_.path().string())};
};

TEST_F(Export, OfAllTakesWhatIsInUseOnceForEachKindOfKey) {
  store("a.example-1", pair({"a.example"}));
  store("a.example-2", pair({"a.example", "b.example"}, KeyType::kEcdsa256,
                            acme::kTestNotAfter + std::chrono::days(1)));
  store("a.example-3", pair({"a.example"}, KeyType::kRsa2048));
  store("old.example-4", pair({"old.example"}), /*is_unused=*/true);
  store("_wildcard.c.example-5", pair({"*.c.example"}, KeyType::kRsa2048));

  EXPECT_THAT(
      choose_all(store_),
      ElementsAre(Chosen("_wildcard.c.example-5", "_wildcard.c.example"),
                  Chosen("a.example-2", "a.example"),
                  Chosen("a.example-3", "a.example.rsa")));
}

TEST_F(Export, FindsACertificateByItsFilesItsFolderAndItsNames) {
  store("a.example-1", pair({"a.example", "www.a.example"}));
  store("b.example-2", pair({"b.example"}));

  for (const char* name : {"a.example-1", "a.example", "www.a.example"}) {
    EXPECT_THAT(choose_named(store_, name),
                ElementsAre(Chosen("a.example-1", "a.example")))
        << name;
  }
  EXPECT_THAT(choose_named(store_, "c.example"), IsEmpty());
}

TEST_F(Export, WritesFourFilesThatBelongTogether) {
  const auto certificate = pair({"a.example"});

  EXPECT_EQ(write_pair_folder(target(), "a.example", certificate, {}),
            Exported::kWritten);

  const auto folder = target() / "a.example";
  EXPECT_EQ(contents_of(folder / "fullchain.pem"), certificate.chain.to_pem());
  EXPECT_EQ(
      contents_of(folder / "cert.pem") + contents_of(folder / "chain.pem"),
      certificate.chain.to_pem());
  EXPECT_EQ(contents_of(folder / "privkey.pem"),
            text_of(certificate.key.to_pem()));
  struct stat status {};
  ASSERT_EQ(stat((folder / "privkey.pem").c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 07777U, 0600U);
}

TEST_F(Export, OfTheSamePairWritesNothingTheSecondTime) {
  const auto certificate = pair({"a.example"});
  static_cast<void>(write_pair_folder(target(), "a.example", certificate, {}));
  const auto before = entries_of("a.example");

  EXPECT_EQ(write_pair_folder(target(), "a.example", certificate, {}),
            Exported::kThere);
  EXPECT_EQ(entries_of("a.example"), before);
  EXPECT_EQ(write_pair_folder(target(), "a.example", certificate,
                              {.user = {}, .group = {}, .mode = 0640}),
            Exported::kWritten);
}

TEST_F(Export, ReplacesAPairInOneStepAndLeavesNoKeyBehind) {
  static_cast<void>(
      write_pair_folder(target(), "a.example", pair({"a.example"}), {}));
  std::ofstream(target() / "a.example/dhparam.pem") << "somebody else's";
  const auto next = pair({"a.example"});

  EXPECT_EQ(write_pair_folder(target(), "a.example", next, {}),
            Exported::kWritten);

  EXPECT_EQ(contents_of(target() / "a.example/privkey.pem"),
            text_of(next.key.to_pem()));
  EXPECT_THAT(entries_of("a.example"),
              UnorderedElementsAre(".now", testing::StartsWith(".pair-"),
                                   "cert.pem", "chain.pem", "dhparam.pem",
                                   "fullchain.pem", "privkey.pem"));
}

TEST_F(Export, TakesThePlaceOfFilesThatAnotherProgramLeft) {
  std::filesystem::create_directories(target() / "a.example");
  std::ofstream(target() / "a.example/fullchain.pem") << "old";
  const auto certificate = pair({"a.example"});

  static_cast<void>(write_pair_folder(target(), "a.example", certificate, {}));

  EXPECT_EQ(contents_of(target() / "a.example/fullchain.pem"),
            certificate.chain.to_pem());
}

TEST_F(Export, FollowsNoLinkInPlaceOfTheFolder) {
  std::filesystem::create_directories(target());
  std::filesystem::create_directories(directory_.path() / "elsewhere");
  std::filesystem::create_symlink(directory_.path() / "elsewhere",
                                  target() / "a.example");

  EXPECT_THROW(static_cast<void>(write_pair_folder(target(), "a.example",
                                                   pair({"a.example"}), {})),
               acme::Error);
  EXPECT_TRUE(std::filesystem::is_empty(directory_.path() / "elsewhere"));
}

TEST_F(Export, ThatFailsLeavesWhatWasThere) {
  if (geteuid() != 0) {
    GTEST_SKIP() << "only root can be refused a group";
  }
  const auto certificate = pair({"a.example"});
  static_cast<void>(write_pair_folder(target(), "a.example", certificate, {}));
  // A directory where a link has to be, which rename() does not replace.
  std::filesystem::remove(target() / "a.example/.now");
  std::filesystem::create_directories(target() / "a.example/.now/full");

  EXPECT_THROW(static_cast<void>(write_pair_folder(target(), "a.example",
                                                   pair({"a.example"}), {})),
               acme::Error);
  EXPECT_THAT(entries_of("a.example"),
              testing::Not(testing::Contains(testing::StartsWith(".link-"))));
}

TEST_F(Export, GivesFilesToTheirOwner) {
  if (geteuid() != 0) {
    GTEST_SKIP() << "only root can give files away";
  }
  FileAccess access;
  set_owner(access, "12345:54321");
  set_mode(access, "0640");
  static_cast<void>(
      write_pair_folder(target(), "a.example", pair({"a.example"}), access));

  struct stat status {};
  ASSERT_EQ(stat((target() / "a.example/privkey.pem").c_str(), &status), 0);
  EXPECT_EQ(status.st_uid, 12345U);
  EXPECT_EQ(status.st_gid, 54321U);
  EXPECT_EQ(status.st_mode & 07777U, 0640U);
}

TEST(FileAccess, RefusesWhatWouldShowAKey) {
  FileAccess access;
  for (const char* mode : {"0644", "0660", "0777", "0240", "x", "", "06400"}) {
    EXPECT_THROW(set_mode(access, mode), Refusal) << mode;
  }
  EXPECT_EQ(access.mode, 0600U);
  EXPECT_THROW(set_owner(access, "no such user"), Refusal);
  EXPECT_THROW(set_owner(access, "root:no such group"), Refusal);
}

TEST(FileAccess, OfAUserAloneHasTheUsersGroup) {
  FileAccess access;
  set_owner(access, "root");
  EXPECT_EQ(access.user, 0U);
  EXPECT_EQ(access.group, 0U);
  FileAccess group_only;
  set_owner(group_only, ":root");
  EXPECT_FALSE(group_only.user);
  EXPECT_EQ(group_only.group, 0U);
}

TEST_F(Export, AsPkcs12OpensWithItsPasswordAlone) {
  const auto certificate = pair({"a.example"});
  const std::string text = "a password";
  const acme::SecretBytes file =
      acme::to_pkcs12(certificate.chain, certificate.key,
                      acme::SecretBytes(text.begin(), text.end()), "a.example");

  const unsigned char* position = file.data();
  const std::unique_ptr<PKCS12, acme::OpensslDeleter<PKCS12_free>> parsed(
      d2i_PKCS12(nullptr, &position, static_cast<long>(file.size())));
  ASSERT_TRUE(parsed);
  EXPECT_EQ(PKCS12_verify_mac(parsed.get(), "another", -1), 0);
  EVP_PKEY* key = nullptr;
  X509* leaf = nullptr;
  STACK_OF(X509)* issuers = nullptr;
  ASSERT_EQ(PKCS12_parse(parsed.get(), text.c_str(), &key, &leaf, &issuers), 1);
  const acme::EvpPkeyPtr key_owner(key);
  const acme::X509Ptr leaf_owner(leaf);
  EXPECT_EQ(EVP_PKEY_eq(key, certificate.key.get()), 1);
  EXPECT_EQ(X509_check_private_key(leaf, key), 1);
  EXPECT_EQ(sk_X509_num(issuers), 1);
  sk_X509_pop_free(issuers, X509_free);
}

TEST(ExportJson, HasWhyOneFailed) {
  EXPECT_THAT(export_json({{"a-1", "/d/a", "failed", "no room"}}),
              testing::HasSubstr(R"("text": "no room")"));
}

}  // namespace
}  // namespace acmectl
