// SPDX-License-Identifier: BSD-2-Clause
// The real disk: links, modes, full disks, locks.
#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <string>
#include <string_view>

#include "acme_core/env/file_system.h"
#include "acme_core/error.h"
#include "tests/support/temporary_directory.h"

namespace acme {
namespace {

namespace fs = std::filesystem;
using Status = ReadResult::Status;

class PosixFileSystemTest : public ::testing::Test {
 protected:
  void put(const std::string& path, std::string_view text) {
    std::ofstream(at(path)) << text;
  }

  void write(std::string_view path, std::string_view text) {
    files_.write(path, {reinterpret_cast<const std::uint8_t*>(text.data()),
                        text.size()});
  }

  [[nodiscard]] std::string content(const std::string& path) const {
    std::ifstream file(at(path));
    return {std::istreambuf_iterator<char>(file), {}};
  }

  [[nodiscard]] fs::path at(const std::string& path) const {
    return root_ / path;
  }

  [[nodiscard]] mode_t mode(const std::string& path) const {
    struct stat status {};
    return ::stat(at(path).c_str(), &status) == 0 ? status.st_mode & 07777 : 0;
  }

  [[nodiscard]] std::size_t entries() const {
    return static_cast<std::size_t>(
        std::distance(fs::directory_iterator(root_), fs::directory_iterator()));
  }

  TemporaryDirectory directory_;
  fs::path root_ = directory_.path();
  PosixFileSystem files_{root_.string()};
};

TEST_F(PosixFileSystemTest, KeepsFilesToTheirOwnerWhateverTheUmask) {
  for (const mode_t mask : {mode_t{0}, mode_t{0777}}) {
    const mode_t before = umask(mask);
    write("account.key", "secret");
    umask(before);
    EXPECT_EQ(mode("account.key"), 0600U);
  }
}

TEST_F(PosixFileSystemTest, KeepsFoldersToTheirOwner) {
  write("orders/a.key", "secret");
  EXPECT_EQ(mode("orders"), 0700U);
}

TEST_F(PosixFileSystemTest, LeavesNothingElseBehind) {
  write("a", "1");
  write("a", "2");
  EXPECT_EQ(entries(), 1U);
}

TEST_F(PosixFileSystemTest, RemovesWhatAKilledProcessWasAboutToWrite) {
  write("orders/a.key", "kept");
  for (const char* folder : {"", "orders"}) {
    std::ofstream(at(folder) / ".tmp.0123456789abcdef") << "a key";
    files_.remove_leftovers(folder);
    EXPECT_FALSE(fs::exists(at(folder) / ".tmp.0123456789abcdef"));
  }
  EXPECT_EQ(content("orders/a.key"), "kept");
  files_.remove_leftovers("missing");  // is fine
}

// A limit on the size of files stands for a full disk: it stops root too.
TEST_F(PosixFileSystemTest, KeepsTheOldFileWhenTheDiskFillsUp) {
  write("a", "old");
  rlimit before{};
  ASSERT_EQ(getrlimit(RLIMIT_FSIZE, &before), 0);
  const auto old_handler = std::signal(SIGXFSZ, SIG_IGN);
  const rlimit tiny{4096, before.rlim_max};
  ASSERT_EQ(setrlimit(RLIMIT_FSIZE, &tiny), 0);
  std::string message;
  try {
    write("a", std::string(10'000, 'x'));
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::kOurs);
    message = error.what();
  }
  setrlimit(RLIMIT_FSIZE, &before);
  std::signal(SIGXFSZ, old_handler);
  EXPECT_EQ(message, "cannot write " + at("a").string() + ": File too large");
  EXPECT_EQ(content("a"), "old");
  EXPECT_EQ(entries(), 1U);
}

TEST_F(PosixFileSystemTest, LeavesNoTemporaryFileWhenTheTargetIsAFolder) {
  fs::create_directory(at("a"));
  EXPECT_THROW(write("a", "text"), Error);
  EXPECT_EQ(entries(), 1U);
}

TEST_F(PosixFileSystemTest, WritesNamesAsLongAsTheSystemAllows) {
  const std::string longest(255, 'n');
  write(longest, "text");
  EXPECT_EQ(content(longest), "text");
}

TEST_F(PosixFileSystemTest, RefusesToReadThroughASymbolicLink) {
  put("target", "text");
  fs::create_symlink("target", at("link"));
  const ReadResult result = files_.read("link", 100);
  EXPECT_EQ(result.status, Status::kRefused);
  EXPECT_EQ(result.reason, "is a symbolic link");
}

TEST_F(PosixFileSystemTest, ReplacesASymbolicLinkInsteadOfFollowingIt) {
  put("target", "text");
  fs::create_symlink("target", at("link"));
  write("link", "new");
  EXPECT_EQ(content("target"), "text");
  EXPECT_EQ(content("link"), "new");
  EXPECT_FALSE(fs::is_symlink(at("link")));
}

TEST_F(PosixFileSystemTest, NeverEntersAFolderThatIsASymbolicLink) {
  fs::create_directory(at("elsewhere"));
  put("elsewhere/a", "text");
  fs::create_directory_symlink("elsewhere", at("orders"));
  EXPECT_EQ(files_.read("orders/a", 100).status, Status::kRefused);
  EXPECT_THROW(write("orders/a", "new"), Error);
  EXPECT_THROW(files_.remove("orders/a"), Error);
  EXPECT_THROW(files_.rename("orders/a", "a"), Error);
  EXPECT_THROW(static_cast<void>(files_.try_lock("orders/lock")), Error);
  EXPECT_EQ(content("elsewhere/a"), "text");
}

TEST_F(PosixFileSystemTest, FollowsALinkTheOperatorMadeToTheWholeDirectory) {
  const TemporaryDirectory other;
  const fs::path link = other.path() / "state";
  fs::create_directory_symlink(root_, link);
  PosixFileSystem files(link.string());
  put("a", "text");
  EXPECT_EQ(files.read("a", 100).status, Status::kOk);
}

TEST_F(PosixFileSystemTest, ReadsRegularFilesOnlyAndNeverHangs) {
  ASSERT_EQ(mkfifo(at("fifo").c_str(), 0600), 0);
  fs::create_directory(at("folder"));
  EXPECT_EQ(files_.read("fifo", 100).status, Status::kRefused);
  EXPECT_EQ(files_.read("folder", 100).status, Status::kRefused);

  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  const std::string path = at("socket").string();
  ASSERT_LT(path.size(), sizeof(address.sun_path));
  std::memcpy(&address.sun_path[0], path.c_str(), path.size() + 1);
  const int listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  ASSERT_EQ(bind(listener, reinterpret_cast<const sockaddr*>(&address),
                 sizeof(address)),
            0);
  EXPECT_EQ(files_.read("socket", 100).status, Status::kRefused);
  close(listener);
}

TEST_F(PosixFileSystemTest, RefusesAHardLinkToAnotherUsersFile) {
  if (geteuid() != 0) {
    GTEST_SKIP() << "only root can make files of other users";
  }
  put("own", "text");
  fs::create_hard_link(at("own"), at("own-link"));
  EXPECT_EQ(files_.read("own-link", 100).status, Status::kOk);

  put("foreign", "text");
  fs::create_hard_link(at("foreign"), at("link"));
  ASSERT_EQ(chown(at("foreign").c_str(), 12345, 12345), 0);
  EXPECT_EQ(files_.read("link", 100).status, Status::kRefused);
  fs::remove(at("foreign"));
  EXPECT_EQ(files_.read("link", 100).status, Status::kOk);
}

TEST_F(PosixFileSystemTest, StaysInsideItsRoot) {
  for (const char* path :
       {"", "..", ".", "../a", "/a", "a/", "a/..", "a/b/c", "./a", "a//b"}) {
    EXPECT_EQ(files_.read(path, 100).status, Status::kRefused) << path;
    EXPECT_THROW(write(path, "text"), Error) << path;
    EXPECT_THROW(files_.remove(path), Error) << path;
    EXPECT_THROW(files_.rename("a", path), Error) << path;
  }
  EXPECT_TRUE(files_.list("..").empty());
  EXPECT_EQ(files_.read(std::string_view("a\0b", 3), 100).status,
            Status::kRefused);
}

TEST_F(PosixFileSystemTest, TellsAVanishedRootFromAnEmptyOne) {
  PosixFileSystem files((root_ / "unmounted").string());
  EXPECT_EQ(files.read("a", 100).status, Status::kFailed);
  try {
    files.write("a", {});
    FAIL() << "wrote into nothing";
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::kOurs);
    EXPECT_NE(std::string(error.what()).find("unmounted/a"), std::string::npos);
  }
  EXPECT_THROW(static_cast<void>(files.list("")), Error);
}

TEST_F(PosixFileSystemTest, StampsRegularFilesOnly) {
  put("a", "text");
  fs::create_directory(at("folder"));
  put("folder/b", "text");
  fs::create_symlink("a", at("link"));
  fs::create_symlink("folder", at("linked_folder"));
  struct stat status {};
  ASSERT_EQ(stat(at("a").c_str(), &status), 0);
  const auto stamp = files_.stamp("a");
  ASSERT_TRUE(stamp);
  EXPECT_EQ(stamp->inode, status.st_ino);
  EXPECT_EQ(stamp->modified_ns / 1'000'000'000, status.st_mtim.tv_sec);
  EXPECT_TRUE(files_.stamp("folder/b"));
  for (const char* path : {"link", "folder", "linked_folder/b", "missing"}) {
    EXPECT_EQ(files_.stamp(path), std::nullopt) << path;
  }
  EXPECT_EQ(PosixFileSystem("/nonexistent").stamp("a"), std::nullopt);
}

TEST_F(PosixFileSystemTest, ListsRegularFilesOnly) {
  put("a", "");
  put(".tmp.0123", "left by a crash");
  fs::create_directory(at("folder"));
  fs::create_symlink("a", at("link"));
  EXPECT_EQ(files_.list(""), std::vector<std::string>{"a"});
}

TEST_F(PosixFileSystemTest, GivesALockToOneHolderAtATime) {
  auto lock = files_.try_lock("lock");
  ASSERT_TRUE(lock);
  EXPECT_EQ(mode("lock"), 0600U);
  EXPECT_FALSE(files_.try_lock("lock"));
  EXPECT_FALSE(PosixFileSystem(root_.string()).try_lock("lock"));
  lock.reset();
  EXPECT_TRUE(files_.try_lock("lock"));
}

TEST_F(PosixFileSystemTest, LocksOutOtherProcessesToo) {
  const auto lock = files_.try_lock("lock");
  const pid_t child = fork();
  if (child == 0) {
    _exit(PosixFileSystem(root_.string()).try_lock("lock") ? 1 : 0);
  }
  int status = -1;
  ASSERT_EQ(waitpid(child, &status, 0), child);
  EXPECT_EQ(status, 0);
}

TEST_F(PosixFileSystemTest, ReleasesALockAlthoughAChildInheritedIt) {
  auto lock = files_.try_lock("lock");
  ASSERT_TRUE(lock);
  int pipe_ends[2];
  ASSERT_EQ(pipe(pipe_ends), 0);
  const pid_t child = fork();
  if (child == 0) {
    close(pipe_ends[1]);
    char end = 0;
    _exit(read(pipe_ends[0], &end, 1) == 0 ? 0 : 1);
  }
  lock.reset();
  EXPECT_TRUE(files_.try_lock("lock"));
  close(pipe_ends[0]);
  close(pipe_ends[1]);
  waitpid(child, nullptr, 0);
}

TEST_F(PosixFileSystemTest, NeverLocksThroughASymbolicLink) {
  fs::create_symlink(at("target"), at("lock"));
  EXPECT_THROW(static_cast<void>(files_.try_lock("lock")), Error);
  EXPECT_FALSE(fs::exists(at("target")));
}

}  // namespace
}  // namespace acme
