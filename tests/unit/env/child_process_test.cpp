// SPDX-License-Identifier: BSD-2-Clause
// Programs: what they are given, how they end, and what they cannot do to us.
#include "acme_core/env/child_process.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <pthread.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <chrono>
#include <cstdlib>
#include <fstream>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "acme_core/env/descriptor.h"
#include "acme_core/env/output_lines.h"
#include "tests/support/failure_of.h"
#include "tests/support/program.h"

namespace acme {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::IsSupersetOf;
using testing::SizeIs;
using testing::UnorderedElementsAre;
using End = ProgramResult::End;

// Longer than any machine takes for what the test is about.
constexpr std::chrono::milliseconds kPlenty = 5min;

ProgramResult run(const Program& program,
                  std::vector<std::string> arguments = {},
                  std::chrono::milliseconds limit = kPlenty,
                  std::stop_token stop = {}) {
  return run_program({.path = program.path(),
                      .arguments = std::move(arguments),
                      .time_limit = limit},
                     std::move(stop));
}

// Whether a process runs; a zombie does not.
bool runs(pid_t pid) {
  // Reading fails when the process ends in between: then there is no line.
  std::ifstream file("/proc/" + std::to_string(pid) + "/stat");
  std::string stat;
  std::getline(file, stat);
  const std::size_t name_end = stat.rfind(") ");
  return name_end != std::string::npos && stat[name_end + 2] != 'Z' &&
         stat[name_end + 2] != 'X';
}

void wait_until_gone(pid_t pid) {
  while (runs(pid)) {
    std::this_thread::yield();
  }
}

// What a shell wrote into a FIFO, which this waits for.
pid_t read_pid(const std::string& fifo) {
  pid_t pid = 0;
  std::ifstream(fifo) >> pid;
  return pid;
}

TEST(RunProgram, PassesItsArgumentsThroughNoShell) {
  const Program program(R"(printf '<%s>\n' "$@")");
  const ProgramResult result =
      run(program, {"present", "$(id) `id`", "", "a b;*"});
  EXPECT_TRUE(result.succeeded());
  EXPECT_THAT(result.output,
              ElementsAre("<present>", "<$(id) `id`>", "<>", "<a b;*>"));
}

TEST(RunProgram, TellsTheExitStatus) {
  const ProgramResult result = run(Program("exit 3"));
  EXPECT_EQ(result.end, End::kExited);
  EXPECT_EQ(result.code, 3);
  EXPECT_FALSE(result.succeeded());
}

TEST(RunProgram, TellsTheSignalThatKilledIt) {
  const ProgramResult result = run(Program("kill -s SEGV $$"));
  EXPECT_EQ(result.end, End::kKilled);
  EXPECT_EQ(result.code, SIGSEGV);
}

TEST(RunProgram, TellsOfAProgramThatKillsItsWholeGroup) {
  const ProgramResult result = run(Program("kill -s KILL 0"));
  EXPECT_EQ(result.end, End::kKilled);
  EXPECT_EQ(result.code, SIGKILL);
}

TEST(RunProgram, TellsWhyItCannotBeStarted) {
  const ProgramResult missing =
      run_program({"/nonexistent/program", {}, kPlenty}, {});
  EXPECT_EQ(missing.end, End::kNotStarted);
  EXPECT_EQ(missing.code, ENOENT);

  const ProgramResult folder = run_program({"/tmp", {}, kPlenty}, {});
  EXPECT_EQ(folder.end, End::kNotStarted);
  EXPECT_EQ(folder.code, EACCES);
}

TEST(RunProgram, CollectsOutputAndErrorsInTheirOrder) {
  const ProgramResult result =
      run(Program("echo one; echo two >&2; printf three"));
  EXPECT_THAT(result.output, ElementsAre("one", "two", "three"));
}

TEST(RunProgram, SurvivesMegabytesOfOutput) {
  const ProgramResult result =
      run(Program("head -c 20000000 /dev/zero | tr '\\0' x; echo;"
                  "yes | head -n 1000000; echo the end"));
  EXPECT_TRUE(result.succeeded());
  EXPECT_THAT(result.output,
              SizeIs(OutputLines::kFirstLines + 1 + OutputLines::kLastLines));
  EXPECT_EQ(result.output.back(), "the end");
}

TEST(RunProgram, GivesNoInput) {
  EXPECT_THAT(run(Program("cat; echo end of input")).output,
              ElementsAre("end of input"));
}

TEST(RunProgram, GivesNoDescriptorsOfOurs) {
  const Descriptor kept(open("/dev/null", O_RDONLY));  // not for execve() only
  ASSERT_TRUE(kept);
  // Those of ls itself: standard streams and the folder it reads.
  EXPECT_THAT(run(Program("exec ls /proc/self/fd")).output,
              ElementsAre("0", "1", "2", "3"));
}

TEST(RunProgram, GivesACleanEnvironment) {
  setenv("LANG", "C.UTF-8", 1);
  setenv("HOME", "/nonexistent", 1);
  setenv("SECRET", "secret", 1);
  const ProgramCall call{"/usr/bin/env", {}, kPlenty};
  EXPECT_THAT(run_program(call, {}).output,
              UnorderedElementsAre(testing::StartsWith("PATH="),
                                   "HOME=/nonexistent", "LANG=C.UTF-8"));
  unsetenv("SECRET");
}

TEST(RunProgram, GivesTheInputAndVariablesOfTheCall) {
  const Program program("echo \"$NAME\"; cat; wc -c");
  const ProgramResult result = run_program({.path = program.path(),
                                            .arguments = {},
                                            .time_limit = kPlenty,
                                            .input = "line\n",
                                            .environment = {"NAME=a b"}},
                                           {});
  EXPECT_THAT(result.output, ElementsAre("a b", "line", "0"));
}

TEST(RunProgram, DoesNotWaitForInputToBeRead) {
  const ProgramResult result =
      run_program({.path = "/bin/true",
                   .arguments = {},
                   .time_limit = kPlenty,
                   .input = std::string(10'000'000, 'x')},
                  {});
  EXPECT_TRUE(result.succeeded());
}

TEST(RunProgram, EndsWhatTheProgramLeavesIfItIsToldTo) {
  const Program program("sleep 1000 & echo $!");
  const ProgramResult result = run_program({.path = program.path(),
                                            .arguments = {},
                                            .time_limit = kPlenty,
                                            .ends_group = true},
                                           {});
  EXPECT_TRUE(result.succeeded());
  wait_until_gone(std::stoi(result.output.at(0)));
}

TEST(RunProgram, LetsItEndInPeaceWithinItsGrace) {
  const Program program("echo $$ >$1; read line <$2; echo \"$line\"");
  const std::string began = program.file("began");
  const std::string stopped = program.file("stopped");
  ASSERT_EQ(mkfifo(began.c_str(), 0600), 0);
  ASSERT_EQ(mkfifo(stopped.c_str(), 0600), 0);
  std::stop_source source;
  std::jthread stopper([&] {
    static_cast<void>(read_pid(began));
    source.request_stop();
    std::ofstream(stopped) << "done\n";
  });
  const ProgramResult result = run_program({.path = program.path(),
                                            .arguments = {began, stopped},
                                            .time_limit = kPlenty,
                                            .grace = kPlenty},
                                           source.get_token());
  EXPECT_THAT(result.output, ElementsAre("done"));
}

TEST(RunProgram, GivesSignalsAndFilesTheirUsualMeaning) {
  const auto previous = signal(SIGPIPE, SIG_IGN);
  const mode_t mask = umask(0);
  const ProgramResult result =
      run(Program("cat /proc/self/status; umask; pwd"));
  umask(mask);
  signal(SIGPIPE, previous);
  EXPECT_THAT(
      result.output,
      IsSupersetOf({"SigBlk: 0000000000000000", "SigIgn: 0000000000000000",
                    "SigCgt: 0000000000000000", "0077", "/"}));
}

TEST(RunProgram, KillsTheGroupWhenTheTimeIsOver) {
  const Program program(
      "trap '' TERM; sh -c 'trap \"\" TERM; echo $$; sleep 1000' & wait");
  const ProgramResult result = run(program, {}, 1s);
  EXPECT_EQ(result.end, End::kTimedOut);
  ASSERT_THAT(result.output, SizeIs(1));
  wait_until_gone(std::stoi(result.output[0]));
}

TEST(RunProgram, KillsOneThatWritesForeverWhenTheTimeIsOver) {
  EXPECT_EQ(run(Program("exec yes"), {}, 500ms).end, End::kTimedOut);
}

TEST(RunProgram, KillsOneThatHasStoppedItself) {
  EXPECT_EQ(run(Program("kill -s STOP 0"), {}, 200ms).end, End::kTimedOut);
}

TEST(RunProgram, KillsTheGroupWhenItIsStopped) {
  const Program program("echo $$ >$1; sleep 1000");
  const std::string fifo = program.file("pid");
  ASSERT_EQ(mkfifo(fifo.c_str(), 0600), 0);
  std::stop_source source;
  pid_t pid = 0;
  std::jthread stopper([&] {
    pid = read_pid(fifo);
    source.request_stop();
  });
  const Error error = failure_of(
      [&] { return run(program, {fifo}, kPlenty, source.get_token()); });
  EXPECT_EQ(error.kind(), ErrorKind::kStopped);
  stopper.join();
  wait_until_gone(pid);
}

TEST(RunProgram, StartsNothingWhenItIsStoppedBefore) {
  const Program program("touch \"$1\"");
  std::stop_source source;
  source.request_stop();
  EXPECT_EQ(failure_of([&] {
              return run(program, {program.file("ran")}, kPlenty,
                         source.get_token());
            }).kind(),
            ErrorKind::kStopped);
  EXPECT_FALSE(std::filesystem::exists(program.file("ran")));
}

TEST(RunProgram, DoesNotWaitForWhatOutlivesTheProgram) {
  const ProgramResult result =
      run(Program("sleep 1000 & echo $!; echo started"));
  EXPECT_TRUE(result.succeeded());
  ASSERT_THAT(result.output, SizeIs(2));
  const pid_t left_alone = std::stoi(result.output[0]);
  EXPECT_TRUE(runs(left_alone));
  kill(left_alone, SIGKILL);
}

// qemu-user has none that end without a signal.
bool has_silent_processes() {
  const long child = syscall(SYS_clone, 0L, 0L, 0L, 0L, 0L);
  if (child == 0) {
    _exit(0);
  }
  return child > 0 &&
         waitpid(static_cast<pid_t>(child), nullptr, __WALL) == child;
}

TEST(RunProgram, IsNotDisturbedByAnotherThreadThatWaitsForAnyChild) {
  if (!has_silent_processes()) {
    GTEST_SKIP() << "this is an emulator";
  }
  // As nginx does in its handler of SIGCHLD.
  std::atomic<unsigned> reaped = 0;
  std::jthread other([&](const std::stop_token& stop) {
    while (!stop.stop_requested()) {
      if (waitpid(-1, nullptr, WNOHANG) > 0) {
        ++reaped;
      }
    }
  });
  const Program program("exit \"$1\"");
  for (int i = 0; i < 20; ++i) {
    const ProgramResult result = run(program, {std::to_string(i)});
    EXPECT_EQ(result.end, End::kExited);
    EXPECT_EQ(result.code, i);
  }
  EXPECT_EQ(reaped, 0U);
}

TEST(RunProgram, SendsNoSignalToThisProcess) {
  if (!has_silent_processes()) {
    GTEST_SKIP() << "this is an emulator";
  }
  static std::atomic<unsigned> signals;
  signals = 0;
  struct sigaction previous {};
  struct sigaction counting {};
  counting.sa_handler = [](int) { ++signals; };
  ASSERT_EQ(sigaction(SIGCHLD, &counting, &previous), 0);
  EXPECT_TRUE(run(Program("exit 0")).succeeded());
  sigaction(SIGCHLD, &previous, nullptr);
  EXPECT_EQ(signals, 0U);
}

TEST(RunProgram, LeavesNoZombie) {
  EXPECT_TRUE(run(Program("exit 0")).succeeded());
  EXPECT_EQ(waitpid(-1, nullptr, __WALL | WNOHANG), -1);
  EXPECT_EQ(errno, ECHILD);
}

TEST(RunProgram, RunsManyAtOnce) {
  if (!kMayStartFromThreads) {
    GTEST_SKIP() << "ThreadSanitizer cannot do this";
  }
  const Program program("echo \"$1\"; exit \"$1\"");
  std::vector<std::jthread> threads;
  for (int i = 0; i < 16; ++i) {
    threads.emplace_back([&program, i] {
      const ProgramResult result = run(program, {std::to_string(i)});
      EXPECT_EQ(result.code, i);
      EXPECT_THAT(result.output, ElementsAre(std::to_string(i)));
    });
  }
}

TEST(RunProgram, LeavesNothingBehindWhenThisProcessIsKilled) {
  const Program program("echo $$ >\"$1\"; sleep 1000");
  const std::string fifo = program.file("pid");
  ASSERT_EQ(mkfifo(fifo.c_str(), 0600), 0);
  const pid_t process = fork();
  if (process == 0) {
    static_cast<void>(run(program, {fifo}));
    _exit(0);
  }
  const pid_t pid = read_pid(fifo);
  EXPECT_TRUE(runs(pid));
  kill(process, SIGKILL);
  waitpid(process, nullptr, 0);
  wait_until_gone(pid);
}

}  // namespace
}  // namespace acme
