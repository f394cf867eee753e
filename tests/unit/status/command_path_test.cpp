// SPDX-License-Identifier: BSD-2-Clause
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "tests/unit/status/status_answers.h"

namespace acme {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;

constexpr std::string_view kWww = "www.example.com-0000000000000001";

std::optional<Command> command_of(std::string_view target) {
  return answer(post_to(target), make_snapshot(12)).command;
}

int status_of(const StatusRequest& request) {
  const StatusAnswer given = answer(request, make_snapshot(12));
  EXPECT_TRUE(given.status == 202 || !given.command)
      << "what is refused is not done";
  return given.status;
}

TEST(StatusCommand, IsMadeFromItsPath) {
  const auto renew = command_of("1/certificates/www.example.com/renew?force=1");
  ASSERT_TRUE(renew);
  EXPECT_EQ(renew->verb, CommandVerb::kRenew);
  EXPECT_EQ(renew->certificate, kWww);
  EXPECT_TRUE(renew->force);
  EXPECT_EQ(renew->asked_by, "127.0.0.1");
  EXPECT_EQ(renew->asked_at, kSnapshotTime);

  const auto retry =
      command_of("1/certificates/" + std::string(kWww) + "/retry");
  ASSERT_TRUE(retry);
  EXPECT_EQ(retry->verb, CommandVerb::kRetry);
  EXPECT_EQ(retry->certificate, kWww);
}

TEST(StatusCommand, RenewsAllOrThoseOfOneIssuer) {
  const auto all = command_of("1/certificates/renew");
  ASSERT_TRUE(all);
  EXPECT_THAT(all->certificate, IsEmpty());
  EXPECT_THAT(all->issuer, IsEmpty());
  EXPECT_FALSE(all->force);
  const auto some = command_of("1/certificates/renew?issuer=zerossl&force=1");
  ASSERT_TRUE(some);
  EXPECT_EQ(some->issuer, "zerossl");
  EXPECT_TRUE(some->force);
  EXPECT_EQ(status_of(post_to("1/certificates/renew?issuer=nobody")), 404);
}

TEST(StatusCommand, RevokesForAReasonOfRfc5280) {
  struct Case {
    std::string_view word;
    int reason;
  };
  for (const Case& each : {Case{"unspecified", 0}, Case{"keyCompromise", 1},
                           Case{"affiliationChanged", 3}, Case{"superseded", 4},
                           Case{"cessationOfOperation", 5}}) {
    const auto command =
        command_of("1/certificates/www.example.com/revoke?now=1&reason=" +
                   std::string(each.word));
    ASSERT_TRUE(command) << each.word;
    EXPECT_EQ(command->verb, CommandVerb::kRevoke);
    EXPECT_EQ(command->reason, each.reason);
    EXPECT_TRUE(command->now);
  }
  EXPECT_EQ(status_of(post_to("1/certificates/www.example.com/revoke")), 400);
  EXPECT_EQ(
      status_of(post_to("1/certificates/www.example.com/revoke?reason=bogus")),
      400);
}

TEST(StatusCommand, ClosesAnAccountOnlyWhenItsNameIsSaidAgain) {
  EXPECT_EQ(status_of(post_to("1/issuers/zerossl/deactivate")), 400);
  EXPECT_EQ(status_of(post_to("1/issuers/zerossl/deactivate?confirm=other")),
            400);
  const auto command =
      command_of("1/issuers/zerossl/deactivate?confirm=zerossl");
  ASSERT_TRUE(command);
  EXPECT_EQ(command->verb, CommandVerb::kDeactivate);
  EXPECT_EQ(command->issuer, "zerossl");
  for (const std::string verb : {"rollover", "pause", "resume"}) {
    EXPECT_TRUE(command_of("1/issuers/zerossl/" + verb)) << verb;
  }
}

TEST(StatusCommand, NeedsLeaveTheHeaderFieldAndPost) {
  const std::string_view target = "1/certificates/www.example.com/renew";
  StatusRequest request = post_to(target);
  request.is_writable = false;
  EXPECT_EQ(status_of(request), 403);
  request = post_to(target);
  request.has_write_header = false;
  EXPECT_EQ(status_of(request), 403);
  for (const std::string_view method : {"GET", "HEAD", "PUT", "DELETE"}) {
    request = post_to(target);
    request.method = method;
    StatusAnswer given = answer(request, make_snapshot(12));
    EXPECT_EQ(given.status, 405);
    EXPECT_EQ(header(given, "Allow"), "POST");
    EXPECT_FALSE(given.command);
  }
}

TEST(StatusCommand, IsNotForWhatNobodyHereManages) {
  EXPECT_EQ(status_of(post_to("1/certificates/static:1/renew")), 409);
  EXPECT_EQ(status_of(post_to("1/certificates/intranet.example.org/renew")),
            409);
  EXPECT_EQ(status_of(post_to("1/certificates/nobody/renew")), 404);
  EXPECT_EQ(status_of(post_to("1/issuers/nobody/pause")), 404);
}

TEST(StatusCommand, IsRefusedWithParametersThatItDoesNotKnow) {
  for (const std::string_view target :
       {"1/certificates/www.example.com/renew?froce=1",
        "1/certificates/www.example.com/retry?force=1",
        "1/certificates/renew?state=failing",
        "1/issuers/zerossl/pause?until=later",
        "1/certificates/www.example.com/renew?force=%"}) {
    EXPECT_EQ(status_of(post_to(target)), 400) << target;
  }
  EXPECT_EQ(status_of(post_to("1/certificates/www.example.com/rollover")), 404);
  EXPECT_EQ(status_of(post_to("1/issuers/zerossl/renew")), 404);
}

TEST(StatusCommand, IsFollowedUntilItHasEnded) {
  CommandStatus status;
  status.id = 7;
  status.verb = "renew";
  status.state = "running";
  StatusAnswer running = command_answer(status, "/acme/");
  EXPECT_EQ(running.status, 202);
  EXPECT_EQ(header(running, "Location"), "/acme/1/commands/7");
  status.state = "failed";
  status.text = "the CA refuses";
  StatusAnswer failed = command_answer(status, "/acme/");
  EXPECT_EQ(failed.status, 200);
  EXPECT_EQ(nlohmann::json::parse(body_of(failed))["text"], "the CA refuses");
  EXPECT_THAT(body_at("1/commands/3", make_snapshot(1)),
              HasSubstr("\"state\":\"done\""));
}

}  // namespace
}  // namespace acme
