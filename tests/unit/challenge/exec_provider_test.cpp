// SPDX-License-Identifier: BSD-2-Clause
// DNS programs: how they are called, and what their failures mean.
#include "acme_core/challenge/exec_provider.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <chrono>
#include <filesystem>
#include <fstream>
#include <string>
#include <thread>
#include <vector>

#include "tests/support/failure_of.h"
#include "tests/support/program.h"
#include "tests/support/recording_logger.h"

namespace acme {
namespace {

using namespace std::chrono_literals;
using testing::AllOf;
using testing::Each;
using testing::Field;
using testing::HasSubstr;
using Contract = ExecSpec::Contract;

const DnsRecord kRecord{"example.com", "_acme-challenge.example.com.",
                        "LoqXcYV8q5ONbJQxbmR7SCTNo3tiAXDfowyjxAjEuX0"};

class ExecProviderTest : public testing::Test {
 protected:
  ExecProvider provider(
      const Program& program, Contract contract = Contract::kLego,
      std::chrono::milliseconds limit = ExecProvider::kTimeLimit) {
    return {{program.path(), contract}, EventLog(logger_, "ca"), limit};
  }

  Error failure_of_present(
      const std::string& script,
      std::chrono::milliseconds limit = ExecProvider::kTimeLimit) {
    const Program program(script);
    ExecProvider failing = provider(program, Contract::kLego, limit);
    return failure_of([&] { failing.present(kRecord, {}); });
  }

  RecordingLogger logger_;
};

// https://go-acme.github.io/lego/dns/exec/
TEST_F(ExecProviderTest, CallsAsLegoDoes) {
  const Program program("echo \"$# $@\" >>\"${0%/*}/calls\"");
  ExecProvider exec = provider(program);
  exec.present(kRecord, {});
  exec.cleanup(kRecord, {});
  EXPECT_EQ(program.read("calls"),
            "3 present _acme-challenge.example.com. " + kRecord.value +
                "\n3 cleanup _acme-challenge.example.com. " + kRecord.value +
                "\n");
  EXPECT_EQ(logger_.count_from(LogLevel::kInfo), 0U);
}

// As Apache's mod_md with "MDChallengeDns01Version 2".
TEST_F(ExecProviderTest, CallsAsModMdDoes) {
  const Program program("echo \"$# $@\" >>\"${0%/*}/calls\"");
  ExecProvider exec = provider(program, Contract::kModMd);
  exec.present(kRecord, {});
  exec.cleanup(kRecord, {});
  EXPECT_EQ(program.read("calls"), "3 setup example.com " + kRecord.value +
                                       "\n3 teardown example.com " +
                                       kRecord.value + "\n");
}

TEST_F(ExecProviderTest, LogsWhatTheProgramSays) {
  const Program program("echo adding; echo 'done' >&2");
  provider(program).present(kRecord, {});
  EXPECT_EQ(logger_.count_from(LogLevel::kNotice), 0U);
  EXPECT_TRUE(logger_.contains("acme: issuer \"ca\": \"" + program.path() +
                               " present _acme-challenge.example.com.\": "
                               "adding"));
  EXPECT_TRUE(logger_.contains("\": done"));
}

TEST_F(ExecProviderTest, FailsWhenTheProgramFails) {
  const Error error =
      failure_of_present("echo adding; echo 'no such zone' >&2; exit 3");
  EXPECT_EQ(error.kind(), ErrorKind::kOurs);
  EXPECT_THAT(error.what(),
              AllOf(HasSubstr("present _acme-challenge.example.com."),
                    HasSubstr("ended with status 3; it said: no such zone")));
  EXPECT_EQ(logger_.count_from(LogLevel::kWarn), 2U);
}

TEST_F(ExecProviderTest, FailsWhenTheProgramDies) {
  const Error error = failure_of_present("kill -s SEGV $$");
  EXPECT_EQ(error.kind(), ErrorKind::kOurs);
  EXPECT_THAT(error.what(), HasSubstr("was killed by SIGSEGV"));
}

TEST_F(ExecProviderTest, FailsWhenTheProgramHangs) {
  const Error error = failure_of_present("echo waiting; sleep 1000", 1s);
  EXPECT_EQ(error.kind(), ErrorKind::kOurs);
  EXPECT_THAT(error.what(), HasSubstr("took longer than 1 s and was killed"));
  EXPECT_TRUE(logger_.contains(": waiting"));
}

TEST_F(ExecProviderTest, GivesAProgramTwoMinutes) {
  EXPECT_EQ(ExecProvider::kTimeLimit, 120s);
}

TEST_F(ExecProviderTest, LogsLittleOfMegabytes) {
  const Program program("yes 'all work and no play' | head -n 500000");
  provider(program).present(kRecord, {});
  EXPECT_LE(logger_.count_of("all work"), 100U);
  EXPECT_TRUE(logger_.contains("lines are left out"));
}

TEST_F(ExecProviderTest, AsksForAPersonWhenThereIsNoSuchProgram) {
  ExecProvider exec({"/nonexistent/dns", Contract::kLego},
                    EventLog(logger_, "ca"));
  const Error error = failure_of([&] { exec.present(kRecord, {}); });
  EXPECT_EQ(error.kind(), ErrorKind::kConfiguration);
  EXPECT_THAT(error.what(),
              HasSubstr("cannot be started: No such file or directory"));
}

TEST_F(ExecProviderTest, SaysWhatAScriptWithoutAnInterpreterLacks) {
  const Program program("");
  std::ofstream(program.path()) << "echo hello\n";
  ExecProvider exec = provider(program);
  const Error error = failure_of([&] { exec.present(kRecord, {}); });
  EXPECT_EQ(error.kind(), ErrorKind::kConfiguration);
  EXPECT_THAT(error.what(), HasSubstr("begins with a line such as"));
}

TEST_F(ExecProviderTest, EndsTheProgramWhenItIsStopped) {
  const Program program("echo started >\"${0%/*}/started\"; sleep 1000");
  ASSERT_EQ(mkfifo(program.file("started").c_str(), 0600), 0);
  ExecProvider exec = provider(program);
  std::stop_source source;
  const std::jthread stopper([&] {
    std::string word;
    std::ifstream(program.file("started")) >> word;
    source.request_stop();
  });
  const Error error =
      failure_of([&] { exec.present(kRecord, source.get_token()); });
  EXPECT_EQ(error.kind(), ErrorKind::kStopped);
}

// Each run says that it has begun, and goes on when all eight have: with fewer
// at a time the test would not end, with more a count would be above eight.
TEST_F(ExecProviderTest, RunsEightAtATime) {
  if (!kMayStartFromThreads) {
    GTEST_SKIP() << "ThreadSanitizer cannot do this";
  }
  const Program program(R"sh(
cd "${0%/*}"
: >"running.$$"
ls running.* | wc -l >>counts
: >"begun.$$"
until [ "$(ls begun.* | wc -l)" -ge 8 ]; do sleep 0.01; done
rm "running.$$")sh");
  ExecProvider exec = provider(program);
  std::vector<std::jthread> threads;
  for (int i = 0; i < 20; ++i) {
    threads.emplace_back([&] { exec.present(kRecord, {}); });
  }
  threads.clear();
  std::ifstream counts(program.file("counts"));
  std::vector<int> all;
  for (int count = 0; counts >> count;) {
    all.push_back(count);
  }
  EXPECT_EQ(all.size(), 20U);
  EXPECT_THAT(all, Each(testing::Le(8)));
}

TEST_F(ExecProviderTest, StopsWaitingForItsTurn) {
  if (!kMayStartFromThreads) {
    GTEST_SKIP() << "ThreadSanitizer cannot do this";
  }
  const Program program("echo x >\"${0%/*}/started\"; sleep 1000");
  ASSERT_EQ(mkfifo(program.file("started").c_str(), 0600), 0);
  ExecProvider exec = provider(program);
  std::stop_source running;
  std::vector<std::jthread> threads;
  for (int i = 0; i < 8; ++i) {
    threads.emplace_back([&] {
      static_cast<void>(
          failure_of([&] { exec.present(kRecord, running.get_token()); }));
    });
  }
  std::ifstream started(program.file("started"));
  for (int i = 0; i < 8; ++i) {
    std::string word;
    while (!(started >> word)) {
      started.clear();  // one writer has closed it before the next opens it
      std::this_thread::yield();
    }
  }
  std::stop_source waiting;
  std::jthread stopper([&] { waiting.request_stop(); });
  EXPECT_THAT(
      failure_of([&] { exec.present(kRecord, waiting.get_token()); }).what(),
      HasSubstr("stopped before"));
  running.request_stop();
}

}  // namespace
}  // namespace acme
