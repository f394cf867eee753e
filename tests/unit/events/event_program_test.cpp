// SPDX-License-Identifier: BSD-2-Clause
// Programs that are told of events: what they get, and what they cannot do.
#include "acme_core/events/event_program.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>

#include <fstream>
#include <nlohmann/json.hpp>
#include <string>
#include <thread>

#include "acme_core/events/queued_event.h"
#include "tests/support/failure_of.h"
#include "tests/support/program.h"
#include "tests/support/recording_logger.h"
#include "tests/unit/events/event_fixture.h"

namespace acme {
namespace {

using namespace std::chrono_literals;
using testing::AllOf;
using testing::Contains;
using testing::Each;
using testing::HasSubstr;
using testing::IsSupersetOf;
using testing::Not;
using testing::StartsWith;
using End = Delivery::End;

constexpr const char* kId = "0123456789abcdef";

bool runs(pid_t pid) {
  std::ifstream file("/proc/" + std::to_string(pid) + "/stat");
  std::string stat;
  std::getline(file, stat);
  const std::size_t name_end = stat.rfind(") ");
  return name_end != std::string::npos && stat[name_end + 2] != 'Z' &&
         stat[name_end + 2] != 'X';
}

class EventProgramTest : public testing::Test {
 protected:
  Delivery tell(const Program& program, const Event& event,
                std::chrono::milliseconds limit = EventProgram::kTimeLimit,
                std::stop_token stop = {}) {
    return EventProgram({program.path()}, logger_, limit, 100ms)
        .deliver(kId, event, write_queued_event(kId, event), std::move(stop));
  }

  RecordingLogger logger_;
};

TEST_F(EventProgramTest, GetsEventAndCertificateAndTheWholeOnItsInput) {
  const Program program(
      "echo \"$#,$1,$2\" >\"${0%/*}/called\"; "
      "cat >\"${0%/*}/input\"");
  EXPECT_EQ(tell(program, renewed()).end, End::kDone);
  EXPECT_EQ(program.read("called"), "2,renewed,www.example.com\n");
  const auto document = nlohmann::json::parse(program.read("input"));
  EXPECT_EQ(document["id"], kId);
  EXPECT_EQ(document["certificate"], "www.example.com");
}

TEST_F(EventProgramTest, GetsNoCertificateForWhatIsAboutAnIssuer) {
  const Program program("echo \"$#,$1,$2\" >\"${0%/*}/called\"");
  EXPECT_EQ(tell(program, issuer_down()).end, End::kDone);
  EXPECT_EQ(program.read("called"), "2,issuer_down,\n");
}

TEST_F(EventProgramTest, ReadsItsInputOrDoesNot) {
  Event long_event = renewed();
  long_event.identifiers.assign(1000, std::string(200, 'a'));
  const Program program("exit 0");
  EXPECT_EQ(tell(program, long_event).end, End::kDone);
}

TEST_F(EventProgramTest, HasWhatItNeedsInItsEnvironment) {
  EXPECT_THAT(
      event_environment(kId, renewed()),
      testing::ElementsAre(
          "ACME_ID=0123456789abcdef", "ACME_EVENT=renewed",
          "ACME_AT=2026-01-01T00:00:00Z", "ACME_CERTIFICATE=www.example.com",
          "ACME_NAMES=www.example.com example.org", "ACME_ISSUER=ca",
          "ACME_KEY=ecdsa:256", "ACME_SERIAL=0a1b",
          "ACME_NOT_AFTER=2026-04-01T00:00:00Z",
          "ACME_STATE_PATH=/var/lib/acme",
          "ACME_FULLCHAIN=/var/lib/acme/www.example.com-0123456789abcdef.crt",
          "ACME_PRIVKEY=/var/lib/acme/www.example.com-0123456789abcdef.key",
          "ACME_TEXT=renewed by ca"));
  EXPECT_THAT(event_environment(kId, issuer_down()),
              Each(Not(StartsWith("ACME_PRIVKEY="))));
}

TEST_F(EventProgramTest, HasNothingElseInItsEnvironment) {
  setenv("SECRET", "secret", 1);
  const Program program("env >\"${0%/*}/environment\"");
  EXPECT_EQ(tell(program, renewed()).end, End::kDone);
  unsetenv("SECRET");
  const std::string environment = program.read("environment");
  EXPECT_THAT(environment, HasSubstr("ACME_EVENT=renewed\n"));
  EXPECT_THAT(environment, Not(HasSubstr("SECRET")));
}

TEST_F(EventProgramTest, IsNotFooledByWhatACaOrAnAttackerSays) {
  using namespace std::string_literals;
  const std::string hostile =
      "$(touch \"${0%/*}/ran\") `id`; exit\n\0EVIL=1\x1b[2J' \" \\ \xff"s;
  Event event = renewed();
  event.certificate = hostile;
  event.identifiers = {hostile, "b.example"};
  event.serial = hostile;
  event.text = std::string(100'000, 'x') + hostile;
  for (const std::string& variable : event_environment(kId, event)) {
    EXPECT_EQ(variable, printable(variable, variable.size()));
    EXPECT_LT(variable.size(), 5000U);
  }
  const Program program("printf '%s' \"$2\" >\"${0%/*}/name\"; env");
  EXPECT_EQ(tell(program, event).end, End::kDone);
  EXPECT_EQ(program.read("name"), printable(hostile));
  EXPECT_FALSE(std::filesystem::exists(program.file("ran")));
}

TEST_F(EventProgramTest, HasAsManyNamesAsTheSystemTakes) {
  Event event = renewed();
  event.identifiers.assign(10'000, std::string(250, 'a'));
  const Program program("set -- $ACME_NAMES; echo $# >\"${0%/*}/count\"");
  EXPECT_EQ(tell(program, event).end, End::kDone);
  EXPECT_EQ(program.read("count"), "130\n");
}

TEST_F(EventProgramTest, HasItsOutputInTheLog) {
  const Program program("echo reloaded");
  EXPECT_EQ(tell(program, renewed()).end, End::kDone);
  EXPECT_TRUE(logger_.contains(
      "acme: issuer \"ca\", certificate \"www.example.com\": \"" +
      program.path() + " renewed\": reloaded"));
  EXPECT_EQ(logger_.count_from(LogLevel::kNotice), 0U);
}

TEST_F(EventProgramTest, FailsWithItsLastWords) {
  const Delivery delivery =
      tell(Program("echo 'no postfix here' >&2; exit 3"), renewed());
  EXPECT_EQ(delivery.end, End::kFailed);
  EXPECT_EQ(delivery.why, "it ended with status 3; it said: no postfix here");
  EXPECT_EQ(logger_.count_from(LogLevel::kWarn), 1U);
}

TEST_F(EventProgramTest, AsksForAnotherTryByItsStatus) {
  EXPECT_EQ(tell(Program("exit 75"), renewed()).end, End::kRefused);
}

TEST_F(EventProgramTest, IsKilledWithAllItsProcessesWhenItHangs) {
  const Delivery delivery =
      tell(Program("sleep 1000 & echo $!; wait"), renewed(), 500ms);
  EXPECT_EQ(delivery.end, End::kFailed);
  EXPECT_THAT(delivery.why, HasSubstr("was killed"));
  const std::string line = logger_.lines().at(0).text;
  const pid_t child = std::stoi(line.substr(line.rfind(' ')));
  while (runs(child)) {
    std::this_thread::yield();
  }
}

TEST_F(EventProgramTest, LeavesNothingRunningWhenItEnds) {
  EXPECT_EQ(tell(Program("sleep 1000 & echo $!"), renewed()).end, End::kDone);
  const std::string line = logger_.lines().at(0).text;
  const pid_t child = std::stoi(line.substr(line.rfind(' ')));
  while (runs(child)) {
    std::this_thread::yield();
  }
}

TEST_F(EventProgramTest, FloodsNothing) {
  EXPECT_EQ(
      tell(Program("yes 'all work and no play' | head -c 20000000"), renewed())
          .end,
      End::kDone);
  EXPECT_LT(logger_.lines().size(), 110U);
}

TEST_F(EventProgramTest, IsToldAgainWhenItWasStopped) {
  std::stop_source source;
  source.request_stop();
  EXPECT_EQ(failure_of([&] {
              static_cast<void>(
                  tell(Program("exit 0"), renewed(), 1min, source.get_token()));
            }).kind(),
            ErrorKind::kStopped);
}

}  // namespace
}  // namespace acme
