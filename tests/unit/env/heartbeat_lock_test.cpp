// SPDX-License-Identifier: BSD-2-Clause
// Locks where the file system has none.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/file.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "acme_core/env/clock.h"
#include "acme_core/env/file_system.h"
#include "acme_core/error.h"
#include "tests/support/temporary_directory.h"

namespace acme {
namespace {

using std::chrono::milliseconds;
using ::testing::HasSubstr;

namespace fs = std::filesystem;

// What flock() says on such a file system.
auto failing_with(int error) {
  return [error](int, int) {
    errno = error;
    return -1;
  };
}

// Nothing is out of date before the test has ended.
constexpr HeartbeatTiming kPatient{milliseconds(5), 1'000'000};
constexpr HeartbeatTiming kHasty{milliseconds(5), 4};

class HeartbeatLockTest : public ::testing::Test {
 protected:
  [[nodiscard]] std::unique_ptr<PosixFileSystem> process(
      HeartbeatTiming timing = kPatient, int error = ENOLCK) const {
    return std::make_unique<PosixFileSystem>(root_.string(),
                                             failing_with(error), timing);
  }

  [[nodiscard]] std::string content() const {
    std::ifstream file(root_ / "lock.held");
    return {std::istreambuf_iterator<char>(file), {}};
  }
  void put(const std::string& text) const {
    std::ofstream(root_ / "lock.held") << text;
  }
  [[nodiscard]] static unsigned long long beat_in(const std::string& text) {
    return std::strtoull(text.c_str() + text.rfind(' '), nullptr, 10);
  }

  template <typename Condition>
  static void wait_until(Condition condition) {
    while (!condition()) {
      static_cast<void>(SystemClock().sleep_for(milliseconds(1), {}));
    }
  }

  TemporaryDirectory directory_;
  fs::path root_ = directory_.path();
};

TEST_F(HeartbeatLockTest, StandsInForAFileSystemWithoutLocks) {
  for (const int error : {ENOLCK, EOPNOTSUPP, ENOSYS}) {
    const auto files = process(kPatient, error);
    auto held = files->try_lock("lock");
    ASSERT_TRUE(held) << error;
    EXPECT_TRUE(held->is_held());
    EXPECT_THAT(held->remark(), HasSubstr("has no locks"));
    EXPECT_TRUE(fs::exists(root_ / "lock.held"));
    EXPECT_FALSE(files->try_lock("lock"));
    EXPECT_FALSE(process()->try_lock("lock"));

    held.reset();
    EXPECT_FALSE(fs::exists(root_ / "lock.held"));
    EXPECT_TRUE(process()->try_lock("lock"));
  }
}

TEST_F(HeartbeatLockTest, IsRemarkedOnOnce) {
  const auto files = process();
  EXPECT_NE(files->try_lock("lock")->remark(), "");
  EXPECT_EQ(files->try_lock("lock")->remark(), "");
}

TEST_F(HeartbeatLockTest, IsLeftToOthersWhenItsThreadCannotBeStarted) {
  bool are_there_any = false;
  PosixFileSystem files(
      root_.string(), failing_with(ENOLCK), kPatient, [&](ThreadBody body) {
        if (!are_there_any) {
          throw std::system_error(EAGAIN, std::generic_category());
        }
        return start_background_thread(std::move(body));
      });
  try {
    static_cast<void>(files.try_lock("lock"));
    FAIL() << "there are no threads";
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::kOurs);
    EXPECT_THAT(error.what(), HasSubstr("TasksMax"));
  }
  EXPECT_FALSE(fs::exists(root_ / "lock.held"));
  are_there_any = true;
  EXPECT_TRUE(files.try_lock("lock"));
}

TEST_F(HeartbeatLockTest, StandsInForNothingElse) {
  EXPECT_FALSE(process(kPatient, EWOULDBLOCK)->try_lock("lock"));
  EXPECT_THROW(static_cast<void>(process(kPatient, EIO)->try_lock("lock")),
               Error);
  EXPECT_FALSE(fs::exists(root_ / "lock.held"));
  EXPECT_EQ(PosixFileSystem(root_.string()).try_lock("lock")->remark(), "");
}

TEST_F(HeartbeatLockTest, IsNeverTakenFromAProcessThatBeats) {
  const auto holder = process();
  const auto held = holder->try_lock("lock");
  ASSERT_TRUE(held);
  const HeartbeatTiming two_seconds{milliseconds(500), 20};
  const auto other = process(two_seconds);
  const auto before = beat_in(content());
  wait_until([&] {
    EXPECT_FALSE(other->try_lock("lock"));
    return beat_in(content()) >= before + 20;
  });
  EXPECT_TRUE(held->is_held());
}

TEST_F(HeartbeatLockTest, OfAProcessOfThisMachineThatEndedIsFreeAtOnce) {
  const pid_t child = fork();
  ASSERT_GE(child, 0);
  if (child == 0) {
    const auto files = process();
    const auto held = files->try_lock("lock");
    _exit(held ? 0 : 1);  // as when it is killed
  }
  int status = 0;
  ASSERT_EQ(waitpid(child, &status, 0), child);
  ASSERT_EQ(status, 0);
  ASSERT_TRUE(fs::exists(root_ / "lock.held"));
  EXPECT_TRUE(process()->try_lock("lock"));
}

TEST_F(HeartbeatLockTest, OfAnEarlierProcessWithOurNumberIsFreeAtOnce) {
  static_cast<void>(process()->try_lock("lock"));
  std::string text;
  {
    const auto files = process();
    const auto held = files->try_lock("lock");
    text = content();
  }
  // "… number word beat": a container's first process often has one number.
  const std::size_t word = text.rfind(' ') - 16;
  text.replace(word, 16, "0123456789abcdef");
  put(text);
  EXPECT_TRUE(process()->try_lock("lock"));
}

TEST_F(HeartbeatLockTest, OfAnotherMachineIsTakenOverWhenItsBeatsStop) {
  put("other boot pid:[1]          1 0123456789abcdef 00000000000000000007\n");
  EXPECT_FALSE(process(kPatient)->try_lock("lock"));
  const auto files = process(kHasty);
  EXPECT_FALSE(files->try_lock("lock"));  // whoever comes has to see it stop
  std::unique_ptr<FileLock> held;
  wait_until([&] { return (held = files->try_lock("lock")) != nullptr; });
  EXPECT_TRUE(held->is_held());
  EXPECT_FALSE(process(kPatient)->try_lock("lock"));
  EXPECT_FALSE(fs::exists(root_ / "lock.takeover"));
}

TEST_F(HeartbeatLockTest, IsTakenOverByOneOfMany) {
  put("other boot pid:[1]          1 0123456789abcdef 00000000000000000007\n");
  constexpr int kProcesses = 8;
  std::vector<std::unique_ptr<PosixFileSystem>> processes;
  for (int i = 0; i < kProcesses; ++i) {
    processes.push_back(process({milliseconds(20), 20}));
  }
  std::vector<std::unique_ptr<FileLock>> held(kProcesses);
  std::atomic<int> holders = 0;
  {
    std::vector<std::jthread> threads;
    for (int i = 0; i < kProcesses; ++i) {
      threads.emplace_back([&, i] {
        const auto index = static_cast<std::size_t>(i);
        while (holders == 0) {
          held[index] = processes[index]->try_lock("lock");
          holders += held[index] ? 1 : 0;
        }
      });
    }
  }
  EXPECT_EQ(holders, 1);
}

TEST_F(HeartbeatLockTest, AnUnfinishedTakeoverDoesNotStandInTheWayForever) {
  put("other boot pid:[1]          1 0123456789abcdef 00000000000000000007\n");
  std::ofstream(root_ / "lock.takeover") << "another boot pid:[1] 1 x 0\n";
  const auto files = process(kHasty);
  std::unique_ptr<FileLock> held;
  wait_until([&] { return (held = files->try_lock("lock")) != nullptr; });
}

TEST_F(HeartbeatLockTest, NoticesThatItWasTakenOverAndLeavesTheFileAlone) {
  const auto files = process();
  auto held = files->try_lock("lock");
  fs::remove(root_ / "lock.held");
  put("somebody else\n");
  wait_until([&] { return !held->is_held(); });
  held.reset();
  EXPECT_EQ(content(), "somebody else\n");
}

}  // namespace
}  // namespace acme
