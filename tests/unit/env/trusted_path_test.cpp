// SPDX-License-Identifier: BSD-2-Clause
// Links on the way to a state directory.
#include "acme_core/env/trusted_path.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <cerrno>
#include <filesystem>
#include <string>

#include "acme_core/env/file_system.h"
#include "tests/support/temporary_directory.h"

namespace acme {
namespace {

namespace fs = std::filesystem;

constexpr uid_t kSomebody = 12345;

class TrustedPathTest : public ::testing::Test {
 protected:
  void SetUp() override {
    if (geteuid() != 0) {
      GTEST_SKIP() << "only root has anybody to mistrust";
    }
    fs::create_directories(root_ / "target/state");
  }

  [[nodiscard]] std::string link(const std::string& name, uid_t owner) const {
    const fs::path path = root_ / name;
    fs::create_directory_symlink(root_ / "target", path);
    EXPECT_EQ(lchown(path.c_str(), owner, owner), 0);
    return path.string();
  }

  TemporaryDirectory directory_;
  fs::path root_ = directory_.path();
};

TEST_F(TrustedPathTest, IsOpenedWithoutAnyLink) {
  for (const std::string& path :
       {root_.string(), root_.string() + "//target/./state/"}) {
    EXPECT_TRUE(open_trusted(path)) << path;
    EXPECT_EQ(untrusted_link(path), "");
  }
}

TEST_F(TrustedPathTest, LeadsThroughALinkThatOnlyRootCanHaveMade) {
  const std::string path = link("link", 0);
  EXPECT_TRUE(open_trusted(path));
  EXPECT_TRUE(open_trusted(path + "/state"));
  EXPECT_EQ(untrusted_link(path + "/state"), "");
}

TEST_F(TrustedPathTest, DoesNotLeadThroughALinkOfSomebodyElse) {
  const std::string path = link("link", kSomebody);
  for (const std::string& way : {path, path + "/", path + "/state"}) {
    EXPECT_FALSE(open_trusted(way));
    EXPECT_EQ(errno, ELOOP);
    EXPECT_EQ(untrusted_link(way), path);
  }
}

TEST_F(TrustedPathTest, DoesNotLeadThroughALinkInAFolderOfSomebodyElse) {
  const std::string path = link("link", 0);
  ASSERT_EQ(chown(root_.c_str(), kSomebody, kSomebody), 0);
  EXPECT_FALSE(open_trusted(path));
  EXPECT_EQ(untrusted_link(path), path);
  EXPECT_TRUE(open_trusted((root_ / "target/state").string()));
}

TEST_F(TrustedPathTest, DoesNotLeadThroughALinkInAFolderThatOthersWrite) {
  const std::string path = link("link", 0);
  fs::permissions(root_, fs::perms(0777));
  EXPECT_EQ(untrusted_link(path), path);
  fs::permissions(root_, fs::perms(01777));  // nobody takes away another's
  EXPECT_EQ(untrusted_link(path), "");
}

TEST_F(TrustedPathTest, SaysWhyItCannotBeOpened) {
  EXPECT_FALSE(open_trusted((root_ / "missing/state").string()));
  EXPECT_EQ(errno, ENOENT);
  EXPECT_EQ(untrusted_link((root_ / "missing/state").string()), "");
}

TEST_F(TrustedPathTest, KeepsAStateDirectoryFromBeingExchanged) {
  fs::create_directory(root_ / "target/orders");
  PosixFileSystem files(link("state", kSomebody));
  const ReadResult read = files.read("account.key", 100);
  EXPECT_EQ(read.status, ReadResult::Status::kFailed);
  EXPECT_ANY_THROW(files.write("account.key", {}));
  EXPECT_FALSE(fs::exists(root_ / "target/account.key"));
}

}  // namespace
}  // namespace acme
