// SPDX-License-Identifier: BSD-2-Clause
// What operators ask of a running engine, and what they are answered.
#include "acme_core/engine/command_desk.h"

#include <gtest/gtest.h>

#include <string>

#include "tests/support/recording_monitor.h"
#include "tests/unit/engine/engine_fixture.h"

namespace acme {
namespace {

class CommandTo : public EngineTest {
 protected:
  void TearDown() override {
    engine_.reset();  // it watches what goes with this object
    EngineTest::TearDown();
  }

  void begin() {
    engine_.reset();
    EngineEnvironment base = environment();
    engine_ = std::make_unique<Engine>(
        plan_, EngineEnvironment{.clock = clock_,
                                 .random = random_,
                                 .logger = logger_,
                                 .publisher = publisher_,
                                 .responders = base.responders,
                                 .connect = base.connect,
                                 .connect_locally = base.connect_locally,
                                 .open_state = base.open_state,
                                 .limits = base.limits,
                                 .monitor = monitor_,
                                 .commands = &commands_});
    engine_->start();
    settle();
  }

  // Time passes until it has ended.
  QueuedCommands::Answer answer_to(Command command) {
    command.asked_at = clock_.now();
    const std::uint64_t id = commands_.ask(std::move(command));
    const QueuedCommands::Answer first = commands_.first_answer(id);
    if (first.state == CommandState::kDone ||
        first.state == CommandState::kFailed) {
      return first;
    }
    pass(10s);
    return commands_.end_of(id);
  }

  [[nodiscard]] Command about(CommandVerb verb, std::size_t certificate = 0) {
    Command command;
    command.verb = verb;
    command.certificate = plan_.certificates[certificate].storage_name();
    return command;
  }
  [[nodiscard]] static Command about_issuer(CommandVerb verb) {
    Command command;
    command.verb = verb;
    command.issuer = "test";
    return command;
  }

  RecordingMonitor monitor_;
  QueuedCommands commands_;
};

TEST_F(CommandTo, RenewReplacesACertificateThatIsNotDue) {
  begin();
  pass(48h);
  const std::string first = publisher_.serial(0);
  const auto answer = answer_to(about(CommandVerb::kRenew));
  EXPECT_EQ(answer.state, CommandState::kDone) << answer.text;
  EXPECT_NE(publisher_.serial(0), first);
  EXPECT_NE(answer.text.find(publisher_.serial(0)), std::string::npos);
}

TEST_F(CommandTo, RenewLeavesWhatIsFreshUnlessItIsForced) {
  begin();
  pass(10s);
  const std::string first = publisher_.serial(0);
  const auto answer = answer_to(about(CommandVerb::kRenew));
  EXPECT_EQ(answer.state, CommandState::kDone);
  EXPECT_NE(answer.text.find("less than a day ago"), std::string::npos);
  EXPECT_EQ(publisher_.serial(0), first);
  Command forced = about(CommandVerb::kRenew);
  forced.force = true;
  pass(2s);
  EXPECT_EQ(answer_to(forced).state, CommandState::kDone);
  EXPECT_NE(publisher_.serial(0), first);
}

TEST_F(CommandTo, RenewReplacesWhatWasIssuedInTheSameSecond) {
  begin();
  pass(1s);
  const std::string first = publisher_.serial(0);
  Command all;
  all.force = true;
  all.asked_at = record().history.back().at;
  const std::uint64_t id = commands_.ask(all);
  static_cast<void>(commands_.first_answer(id));
  pass(10s);
  EXPECT_EQ(commands_.end_of(id).state, CommandState::kDone);
  EXPECT_NE(publisher_.serial(0), first);
}

TEST_F(CommandTo, RenewAllTellsHowManyWereIssued) {
  manage("shop.example.com");
  manage("mail.example.com");
  begin();
  pass(48h);
  const auto answer = answer_to(Command());
  EXPECT_EQ(answer.state, CommandState::kDone);
  EXPECT_NE(answer.text.find("3 of 3 issued"), std::string::npos)
      << answer.text;
}

TEST_F(CommandTo, RenewStaysWithinTheBudget) {
  limits_.orders = {.count = 1, .window = 24h};
  begin();
  pass(1s);
  Command forced = about(CommandVerb::kRenew);
  forced.force = true;
  forced.asked_at = clock_.now() + 1s;
  const std::uint64_t id = commands_.ask(forced);
  static_cast<void>(commands_.first_answer(id));
  pass(1h);
  EXPECT_EQ(ca_.count(Resource::kNewOrder), 1U);
  pass(24h);
  EXPECT_EQ(commands_.end_of(id).state, CommandState::kDone);
  EXPECT_EQ(ca_.count(Resource::kNewOrder), 2U);
}

TEST_F(CommandTo, ARenewalThatFailsIsAnsweredInTheCasWords) {
  begin();
  pass(48h);
  ca_.fail_always(Resource::kNewOrder,
                  ScriptedCa::problem(403, "rejectedIdentifier", "not yours"));
  const auto answer = answer_to(about(CommandVerb::kRenew));
  EXPECT_EQ(answer.state, CommandState::kFailed);
  EXPECT_NE(answer.text.find("not yours"), std::string::npos);
}

TEST_F(CommandTo, RetryDoesNotWaitForTheBackOff) {
  ca_.fail_next(Resource::kNewOrder,
                ScriptedCa::problem(403, "rejectedIdentifier", "not yours"));
  begin();
  pass(1s);
  EXPECT_TRUE(monitor_.certificate().next_attempt.has_value());
  const auto answer = answer_to(about(CommandVerb::kRetry));
  EXPECT_EQ(answer.state, CommandState::kDone) << answer.text;
  EXPECT_NE(publisher_.serial(0), "");
  EXPECT_TRUE(record().backoffs.empty());
}

TEST_F(CommandTo, RetryOrdersNothingWhereNothingIsDue) {
  begin();
  pass(10s);
  const auto answer = answer_to(about(CommandVerb::kRetry));
  EXPECT_EQ(answer.state, CommandState::kDone);
  EXPECT_EQ(ca_.count(Resource::kNewOrder), 1U);
}

TEST_F(CommandTo, RevokeReplacesFirst) {
  begin();
  pass(10s);
  const std::string first = publisher_.serial(0);
  std::string served_by_then;
  Command revoke = about(CommandVerb::kRevoke);
  pass(2s);
  ca_.fail_next(Resource::kRevoke, [&](const HttpRequest&) {
    served_by_then = publisher_.serial(0);
    HttpResponse done;
    done.status = 200;
    return done;
  });
  const auto answer = answer_to(revoke);
  EXPECT_EQ(answer.state, CommandState::kDone) << answer.text;
  EXPECT_NE(publisher_.serial(0), first);
  EXPECT_EQ(served_by_then, publisher_.serial(0));
  EXPECT_FALSE(record().revoke.has_value());
  EXPECT_TRUE(logger_.contains("revoked serial " + first));
}

TEST_F(CommandTo, RevokeDoesNotKeepTheKey) {
  plan_.issuers[0].reuse_key = true;
  begin();
  pass(10s);
  const std::string key = publisher_.certificate(0)->key.thumbprint();
  pass(2s);
  ASSERT_EQ(answer_to(about(CommandVerb::kRevoke)).state, CommandState::kDone);
  EXPECT_NE(publisher_.certificate(0)->key.thumbprint(), key);
}

TEST_F(CommandTo, RevokeNowDoesNotWaitForAnotherOne) {
  begin();
  pass(10s);
  const std::string first = publisher_.serial(0);
  ca_.fail_always(Resource::kNewOrder, ScriptedCa::no_answer());
  Command revoke = about(CommandVerb::kRevoke);
  revoke.now = true;
  revoke.reason = 4;
  const auto answer = answer_to(revoke);
  EXPECT_EQ(answer.state, CommandState::kDone) << answer.text;
  ASSERT_FALSE(ca_.payloads(Resource::kRevoke).empty());
  EXPECT_NE(ca_.payloads(Resource::kRevoke).front().find("\"reason\":4"),
            std::string::npos);
  EXPECT_EQ(ca_.count(Resource::kRevoke), 1U);
  EXPECT_EQ(publisher_.serial(0), first);
}

TEST_F(CommandTo, RevokeIsNotForgottenByARestart) {
  begin();
  pass(10s);
  const std::string first = publisher_.serial(0);
  ca_.fail_always(Resource::kNewOrder, ScriptedCa::no_answer());
  Command revoke = about(CommandVerb::kRevoke);
  revoke.asked_at = clock_.now();
  static_cast<void>(commands_.first_answer(commands_.ask(revoke)));
  pass(2s);
  EXPECT_EQ(ca_.count(Resource::kRevoke), 0U);
  ca_.heal();
  // Nobody asks again: what was asked is in the state directory.
  restart();
  pass(2h);
  EXPECT_NE(publisher_.serial(0), first);
  EXPECT_EQ(ca_.count(Resource::kRevoke), 1U);
  EXPECT_FALSE(record().revoke.has_value());
}

TEST_F(CommandTo, ARevocationThatFailsIsTriedAgain) {
  begin();
  pass(10s);
  ca_.fail_next(Resource::kRevoke,
                ScriptedCa::problem(500, "serverInternal", "not now"));
  pass(2s);
  const auto answer = answer_to(about(CommandVerb::kRevoke));
  EXPECT_EQ(answer.state, CommandState::kFailed);
  EXPECT_NE(answer.text.find("not now"), std::string::npos) << answer.text;
  EXPECT_TRUE(logger_.contains("cannot revoke"));
  pass(2h);
  EXPECT_FALSE(record().revoke.has_value());
  EXPECT_EQ(ca_.count(Resource::kRevoke), 2U);
}

TEST_F(CommandTo, RevokeMeansWhatWasIssuedAMomentAgo) {
  begin();
  pass(10s);
  Command renew = about(CommandVerb::kRenew);
  renew.force = true;
  ASSERT_EQ(answer_to(renew).state, CommandState::kDone);
  const Attempt newest = record().history.back();
  Command revoke = about(CommandVerb::kRevoke);
  revoke.asked_at = newest.at;  // in the same second
  const std::string second = publisher_.serial(0);
  revoke.serial = second;
  const std::uint64_t id = commands_.ask(revoke);
  static_cast<void>(commands_.first_answer(id));
  pass(10s);
  EXPECT_EQ(commands_.end_of(id).state, CommandState::kDone);
  EXPECT_EQ(ca_.count(Resource::kRevoke), 1U);
  EXPECT_TRUE(logger_.contains("revoked serial " + second));
}

TEST_F(CommandTo, RevokeOfWhatWasReplacedMeanwhileIsRefused) {
  begin();
  pass(10s);
  const TimePoint before = clock_.now();
  const std::string first = publisher_.serial(0);
  Command renew = about(CommandVerb::kRenew);
  renew.force = true;
  pass(10s);
  ASSERT_EQ(answer_to(renew).state, CommandState::kDone);
  Command revoke = about(CommandVerb::kRevoke);
  revoke.asked_at = before;
  revoke.serial = first;
  const auto answer = commands_.first_answer(commands_.ask(revoke));
  EXPECT_EQ(answer.state, CommandState::kFailed);
  EXPECT_NE(answer.text.find("ask again"), std::string::npos) << answer.text;
  EXPECT_EQ(ca_.count(Resource::kRevoke), 0U);
}

TEST_F(CommandTo, RevokeAsOftenAsItIsAskedForDoesNotWaitForHours) {
  begin();
  for (std::size_t times = 1; times <= 3; ++times) {
    pass(10s);
    const auto answer = answer_to(about(CommandVerb::kRevoke));
    EXPECT_EQ(answer.state, CommandState::kDone) << answer.text;
    EXPECT_EQ(ca_.count(Resource::kRevoke), times);
  }
}

TEST_F(CommandTo, RevokeDoesNotForgetAnEarlierOne) {
  begin();
  pass(10s);
  const std::string first = publisher_.serial(0);
  ca_.fail_next(Resource::kRevoke,
                ScriptedCa::problem(500, "serverInternal", "not now"));
  ASSERT_EQ(answer_to(about(CommandVerb::kRevoke)).state,
            CommandState::kFailed);
  const std::string second = publisher_.serial(0);
  pass(2s);
  ASSERT_EQ(answer_to(about(CommandVerb::kRevoke)).state, CommandState::kDone);
  EXPECT_TRUE(logger_.contains("revoked serial " + first));
  EXPECT_TRUE(logger_.contains("revoked serial " + second));
}

TEST_F(CommandTo, RolloverGivesTheAccountAnotherKey) {
  begin();
  pass(10s);
  const std::string key =
      FileStore(files_).load_account_key().value->thumbprint();
  const auto answer = answer_to(about_issuer(CommandVerb::kRollover));
  EXPECT_EQ(answer.state, CommandState::kDone) << answer.text;
  EXPECT_EQ(ca_.count(Resource::kKeyChange), 1U);
  EXPECT_NE(FileStore(files_).load_account_key().value->thumbprint(), key);
  pass(48h);
  EXPECT_EQ(answer_to(about(CommandVerb::kRenew)).state, CommandState::kDone);
}

TEST_F(CommandTo, RolloverLeavesAnOperatorsOwnKeyAlone) {
  plan_.issuers[0].account_key =
      PrivateKey::generate(KeyType::kEcdsa256).to_pem();
  begin();
  pass(10s);
  const auto answer = answer_to(about_issuer(CommandVerb::kRollover));
  EXPECT_EQ(answer.state, CommandState::kFailed);
  EXPECT_NE(answer.text.find("account_key"), std::string::npos);
}

TEST_F(CommandTo, DeactivateClosesTheAccountAndAsksNothingMore) {
  begin();
  pass(10s);
  const auto answer = answer_to(about_issuer(CommandVerb::kDeactivate));
  EXPECT_EQ(answer.state, CommandState::kDone) << answer.text;
  EXPECT_FALSE(FileStore(files_).load_account_url().has_value());
  pass(24h * 80);
  EXPECT_EQ(ca_.count(Resource::kNewOrder), 1U);
  // Another account is made when it is wanted again.
  EXPECT_EQ(answer_to(about_issuer(CommandVerb::kResume)).state,
            CommandState::kDone);
  pass(10s);
  EXPECT_EQ(ca_.count(Resource::kNewOrder), 2U);
}

TEST_F(CommandTo, PauseHoldsOverARestartUntilResumed) {
  begin();
  pass(10s);
  EXPECT_EQ(answer_to(about_issuer(CommandVerb::kPause)).state,
            CommandState::kDone);
  EXPECT_TRUE(monitor_.issuer().is_paused_by_operator);
  begin();
  pass(24h * 80);
  EXPECT_EQ(ca_.count(Resource::kNewOrder), 1U);
  EXPECT_TRUE(monitor_.issuer().is_paused_by_operator);
  EXPECT_EQ(answer_to(about_issuer(CommandVerb::kResume)).state,
            CommandState::kDone);
  pass(10s);
  EXPECT_EQ(ca_.count(Resource::kNewOrder), 2U);
}

TEST_F(CommandTo, WhatIsUnknownIsRefusedInWords) {
  begin();
  Command renew;
  renew.certificate = "gone-1234";
  const auto answer = answer_to(renew);
  EXPECT_EQ(answer.state, CommandState::kFailed);
  EXPECT_NE(answer.text.find("gone-1234"), std::string::npos);
  Command pause = about_issuer(CommandVerb::kPause);
  pause.issuer = "nobody";
  EXPECT_EQ(answer_to(pause).state, CommandState::kFailed);
}

TEST_F(CommandTo, WhatHasNotEndedIsGivenBackAtAStop) {
  begin();
  pass(48h);
  ca_.fail_always(Resource::kNewOrder, ScriptedCa::no_answer());
  Command renew = about(CommandVerb::kRenew);
  renew.asked_at = clock_.now();
  const std::uint64_t id = commands_.ask(renew);
  static_cast<void>(commands_.first_answer(id));
  engine_.reset();
  EXPECT_EQ(commands_.given_back(), 1U);
  ca_.heal();
  begin();
  pass(2h);
  EXPECT_EQ(commands_.end_of(id).state, CommandState::kDone);
}

TEST_F(CommandTo, WaitsWhileAnotherProcessHasTheLease) {
  files_.set_locked_by_another(true);
  begin();
  const std::uint64_t id = commands_.ask(about(CommandVerb::kRetry));
  EXPECT_EQ(commands_.first_answer(id).state, CommandState::kWaiting);
  files_.set_locked_by_another(false);
  pass(10s);
  EXPECT_EQ(commands_.end_of(id).state, CommandState::kDone);
}

// What watchers see of the same engine.

TEST_F(CommandTo, AWatcherSeesAnOrderStepByStep) {
  begin();
  pass(10s);
  EXPECT_EQ(monitor_.steps(),
            (std::vector<std::string>{"opening", "authorizing", "finalizing",
                                      "downloading"}));
  EXPECT_FALSE(monitor_.certificate().order.has_value());
  EXPECT_TRUE(monitor_.certificate().renew_at.has_value());
  EXPECT_EQ(monitor_.certificate().record.issuer, "test");
  EXPECT_EQ(monitor_.events(), std::vector{EventKind::kIssued});
  EXPECT_EQ(monitor_.count(Count::kOrders, {"test", "issued", "none"}), 1U);
  EXPECT_EQ(monitor_.count(Count::kChallenges, {"http-01", "valid"}), 1U);
  EXPECT_GE(monitor_.count(Count::kRequests, {"test", "200"}), 4U);
  EXPECT_EQ(monitor_.issuer().account_url.empty(), false);
  EXPECT_NE(monitor_.process().pid, 0);
}

TEST_F(CommandTo, AWatcherSeesFailureOutageAndRecovery) {
  ca_.fail_next(Resource::kNewOrder,
                ScriptedCa::problem(403, "rejectedIdentifier", "not yours"));
  begin();
  pass(1s);
  EXPECT_EQ(monitor_.events(),
            (std::vector{EventKind::kFailed, EventKind::kFallbackServed}));
  EXPECT_NE(monitor_.certificate().record.last_error(), nullptr);
  pass(2h);
  EXPECT_EQ(monitor_.last_event().kind, EventKind::kRecovered);
  ca_.fail_always(Resource::kDirectory, ScriptedCa::no_answer());
  ca_.fail_always(Resource::kNonce, ScriptedCa::no_answer());
  ca_.fail_always(Resource::kNewOrder, ScriptedCa::no_answer());
  pass(24h * 80);
  const auto events = monitor_.events();
  EXPECT_EQ(
      std::count(events.begin(), events.end(), EventKind::kIssuerDown) > 0,
      true);
  EXPECT_FALSE(monitor_.issuer().is_reachable);
  EXPECT_GE(monitor_.count(Count::kRequests, {"test", "none"}), 1U);
}

}  // namespace
}  // namespace acme
