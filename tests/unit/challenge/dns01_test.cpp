// SPDX-License-Identifier: BSD-2-Clause
// What a CA that validates by dns-01 finds, when it may look, and what is left.
#include "acme_core/challenge/dns01.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <memory>
#include <thread>

#include "acme_core/error.h"
#include "acme_core/storage/file_store.h"
#include "tests/support/failure_of.h"
#include "tests/support/fake_clock.h"
#include "tests/support/fake_dns.h"
#include "tests/support/faulty_file_system.h"
#include "tests/support/memory_file_system.h"
#include "tests/support/recording_logger.h"

namespace acme {
namespace {

using namespace std::chrono_literals;
using Status = TxtAnswer::Status;
using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;
using testing::SizeIs;

constexpr auto* kFqdn = "_acme-challenge.example.com.";

ChallengeTask task_for(const std::string& name, const std::string& token) {
  return {.identifier = parse_identifier(name).value(),
          .token = token,
          .key_authorization = token + ".thumbprint"};
}

class Dns01Test : public testing::Test {
 protected:
  Dns01Test() { clock_.auto_advance(); }

  Dns01Context context() {
    return {.lookup = lookup_,
            .journal = journal_,
            .name_locks = name_locks_,
            .clock = clock_,
            .log = log_,
            .choose = [this](const DnsRecord&) { return &provider_; }};
  }

  std::unique_ptr<PresentedAnswers> present(std::vector<ChallengeTask> tasks,
                                            std::stop_token stop = {}) {
    return solver_.present(tasks, std::move(stop));
  }

  Error failure(std::vector<ChallengeTask> tasks) {
    return failure_of([&] { return present(std::move(tasks)); });
  }

  TimePoint start_ = FakeClock().now();
  FakeClock clock_;
  RecordingLogger logger_;
  EventLog log_{logger_, "ca"};
  FaultyFileSystem files_;
  FileStore store_{files_};
  DnsRecordJournal journal_{store_};
  NameLocks name_locks_;
  FakeDnsProvider provider_;
  FakeDnsLookup lookup_{provider_};
  Dns01Solver solver_{context()};
};

// The value of RFC 8555 section 8.4 is a digest of 32 bytes.
TEST_F(Dns01Test, PublishesTheDigestOfTheKeyAuthorization) {
  EXPECT_EQ(dns01_value("token.thumbprint"),
            "61rBZ_4knHblO0MNoxFsXZ_eTFUHum0B6IVRbhvUn5I");
  const auto presented = present({task_for("example.com", "a")});
  EXPECT_THAT(provider_.values(kFqdn),
              ElementsAre(dns01_value("a.thumbprint")));
}

TEST_F(Dns01Test, RemovesTheRecordInTheEnd) {
  present({task_for("example.com", "a")}).reset();
  EXPECT_THAT(provider_.published(), IsEmpty());
  EXPECT_THAT(journal_.records(), IsEmpty());
  EXPECT_EQ(clock_.now(), start_);
}

TEST_F(Dns01Test, KeepsTwoValuesAtOneName) {
  const auto presented =
      present({task_for("example.com", "a"), task_for("example.com", "b")});
  EXPECT_THAT(provider_.values(kFqdn), SizeIs(2));
}

TEST_F(Dns01Test, PublishesWhereAnAliasLeads) {
  lookup_.set_alias(kFqdn, "example.com.acme.example.net.");
  const auto presented = present({task_for("example.com", "a")});
  EXPECT_THAT(provider_.values("example.com.acme.example.net."), SizeIs(1));
  EXPECT_THAT(provider_.values(kFqdn), IsEmpty());
}

TEST_F(Dns01Test, TakesTheNameAsItIsWhenNoResolverAnswers) {
  lookup_.lose_resolver();
  const auto presented = present({task_for("example.com", "a")});
  EXPECT_THAT(provider_.values(kFqdn), SizeIs(1));
  EXPECT_TRUE(logger_.contains("is taken as it is"));
}

TEST_F(Dns01Test, NamesTheRecordThatNobodyPublishes) {
  Dns01Context without = context();
  without.choose = [](const DnsRecord&) { return nullptr; };
  Dns01Solver solver(std::move(without));
  const std::vector tasks{task_for("example.com", "a")};
  const Error error = failure_of([&] { return solver.present(tasks, {}); });
  EXPECT_EQ(error.kind(), ErrorKind::kConfiguration);
  EXPECT_THAT(error.what(),
              AllOf(HasSubstr("\"example.com\""), HasSubstr(kFqdn)));
}

TEST_F(Dns01Test, ProvesNoAddresses) {
  EXPECT_EQ(failure({task_for("192.0.2.1", "a")}).kind(),
            ErrorKind::kConfiguration);
}

TEST_F(Dns01Test, LeavesNothingBehindWhenOneCannotBePublished) {
  provider_.refuse("www.example.com");
  const Error error =
      failure({task_for("example.com", "a"), task_for("www.example.com", "b")});
  EXPECT_EQ(error.kind(), ErrorKind::kConfiguration);
  EXPECT_THAT(provider_.published(), IsEmpty());
  EXPECT_THAT(journal_.records(), IsEmpty());
}

// It would make the CA wait for its turn.
TEST_F(Dns01Test, DoesNotTakeAProvidersOutageForTheCas) {
  provider_.refuse("example.com", ErrorKind::kUnavailable);
  EXPECT_EQ(failure({task_for("example.com", "a")}).kind(), ErrorKind::kOurs);
}

// Nobody knows whether an update arrived that was not answered.
TEST_F(Dns01Test, RemembersWhatMayHaveBeenPublishedAllTheSame) {
  provider_.set_keeps(true);
  provider_.refuse("example.com", ErrorKind::kOurs);
  static_cast<void>(failure({task_for("example.com", "a")}));
  EXPECT_THAT(journal_.records(), SizeIs(1));
}

TEST_F(Dns01Test, ForgetsQuietlyWhatWasRefused) {
  provider_.set_keeps(true);
  provider_.refuse("example.com", ErrorKind::kConfiguration);
  static_cast<void>(failure({task_for("example.com", "a")}));
  EXPECT_THAT(journal_.records(), IsEmpty());
  EXPECT_EQ(logger_.count_from(LogLevel::kWarn), 0U);
}

TEST_F(Dns01Test, PublishesNothingThatItCannotNote) {
  files_.fail_change(1);
  EXPECT_EQ(failure({task_for("example.com", "a")}).kind(), ErrorKind::kOurs);
  EXPECT_THAT(provider_.published(), IsEmpty());
}

TEST_F(Dns01Test, RemembersWhatItCouldNotRemove) {
  auto presented = present({task_for("example.com", "a")});
  provider_.set_keeps(true);
  presented.reset();
  EXPECT_THAT(journal_.records(), SizeIs(1));
  EXPECT_TRUE(logger_.contains("cannot remove a DNS record: TXT \"" +
                               std::string(kFqdn)));
}

TEST_F(Dns01Test, WaitsForASlowSecondary) {
  lookup_.set_server("ns2.", [this](const std::string& fqdn) {
    return clock_.now() < start_ + 20s ? TxtAnswer() : lookup_.truth(fqdn);
  });
  const auto presented = present({task_for("example.com", "a")});
  EXPECT_GE(clock_.now(), start_ + 20s);
  EXPECT_LE(clock_.now(), start_ + 31s);
  EXPECT_EQ(lookup_.questions("ns1."), 1U);
}

TEST_F(Dns01Test, NamesTheServerThatLacksTheRecordInTheEnd) {
  lookup_.set_server("ns2.", TxtAnswer());
  const Error error = failure({task_for("example.com", "a")});
  EXPECT_EQ(error.kind(), ErrorKind::kOurs);
  EXPECT_THAT(error.what(),
              AllOf(HasSubstr("\"example.com\""), HasSubstr("\"ns2.\""),
                    HasSubstr("no TXT record"), HasSubstr("120 s"),
                    Not(HasSubstr("ns1"))));
  EXPECT_THAT(provider_.published(), IsEmpty());
}

TEST_F(Dns01Test, SaysWhatALyingServerShows) {
  lookup_.set_server("ns2.", {Status::kAnswered, {"old\n", "other"}, ""});
  EXPECT_THAT(failure({task_for("example.com", "a")}).what(),
              HasSubstr(R"("ns2.": it has only "old?", "other")"));
}

TEST_F(Dns01Test, CountsAFailingServerAsOneThatLacksTheRecord) {
  lookup_.set_server("ns1.", {Status::kRefused, {}, "SERVFAIL"});
  EXPECT_THAT(failure({task_for("example.com", "a")}).what(),
              HasSubstr(R"("ns1.": SERVFAIL)"));
}

TEST_F(Dns01Test, WaitsUntilAFailingServerWorks) {
  lookup_.set_server("ns1.", [this](const std::string& fqdn) {
    return clock_.now() < start_ + 5s
               ? TxtAnswer{Status::kRefused, {}, "SERVFAIL"}
               : lookup_.truth(fqdn);
  });
  const auto presented = present({task_for("example.com", "a")});
  EXPECT_THAT(provider_.published(), SizeIs(1));
}

TEST_F(Dns01Test, GoesOnWithoutAServerThatCannotBeReached) {
  lookup_.set_server("ns2.", {Status::kSilent, {}, "Network is unreachable"});
  const auto presented = present({task_for("example.com", "a")});
  EXPECT_EQ(lookup_.questions("ns2."), 3U);
  EXPECT_TRUE(logger_.contains("Network is unreachable"));
}

TEST_F(Dns01Test, TakesTheResolversWordWhenNoServerCanBeReached) {
  for (const auto* name : {"ns1.", "ns2."}) {
    lookup_.set_server(name, {Status::kSilent, {}, "no answer"});
  }
  const auto presented = present({task_for("example.com", "a")});
  EXPECT_GE(clock_.now(), start_ + 5s);
  EXPECT_TRUE(logger_.contains("the resolver has its TXT record"));
}

TEST_F(Dns01Test, GivesUpWhenTheResolverHasNothingEither) {
  for (const auto* name : {"ns1.", "ns2."}) {
    lookup_.set_server(name, {Status::kSilent, {}, "no answer"});
  }
  lookup_.set_server("resolver", TxtAnswer());
  EXPECT_THAT(failure({task_for("example.com", "a")}).what(),
              AllOf(HasSubstr("no answer"), HasSubstr("the resolver: ")));
}

TEST_F(Dns01Test, AsksNobodyWhenItIsNotToWait) {
  Dns01Context hasty = context();
  hasty.longest_wait = 0s;
  Dns01Solver solver(std::move(hasty));
  lookup_.set_server("ns1.", TxtAnswer());
  const std::vector tasks{task_for("example.com", "a")};
  const auto presented = solver.present(tasks, {});
  EXPECT_EQ(lookup_.questions("ns1."), 0U);
}

TEST_F(Dns01Test, EndsWaitingWhenItIsStoppedAndRemembersItsRecords) {
  std::stop_source stop;
  lookup_.set_server("ns2.", [&](const std::string&) {
    stop.request_stop();
    return TxtAnswer();
  });
  const Error error = failure_of([&] {
    return present({task_for("example.com", "a")}, stop.get_token());
  });
  EXPECT_EQ(error.kind(), ErrorKind::kStopped);
  EXPECT_THAT(journal_.records(), SizeIs(1));
}

// They have the same token, and so the same record.
TEST_F(Dns01Test, LetsOrdersThatShareAnAuthorizationTakeTurns) {
  auto first = present({task_for("example.com", "a")});
  std::size_t published = 0;
  std::jthread other([&] {
    const auto second = present({task_for("example.com", "a")});
    published = provider_.published().size();
  });
  first.reset();
  other.join();
  EXPECT_EQ(published, 1U);
  EXPECT_THAT(provider_.published(), IsEmpty());
}

TEST_F(Dns01Test, LetsOrdersTakeTurnsWhereANameHasRoomForOne) {
  provider_.set_exclusive();
  auto first = present({task_for("example.com", "a"),
                        task_for("example.com", "b")});  // its wildcard
  std::size_t published = 0;
  std::jthread other([&] {
    const auto second = present({task_for("example.com", "c")});
    published = provider_.published().size();
  });
  EXPECT_THAT(provider_.values(kFqdn), Not(testing::Contains("c")));
  first.reset();
  other.join();
  EXPECT_EQ(published, 1U);
}

// The example of draft-ietf-acme-dns-account-label.
TEST(DnsAccountLabel, TellsAccountsApart) {
  EXPECT_EQ(dns_account_label("https://example.com/acme/acct/ExampleAccount"),
            "_ujmmovf2vn55tgye");
}

TEST_F(Dns01Test, PublishesBelowTheAccountsLabel) {
  Dns01Solver solver(context(), ChallengeType::kDnsAccount01);
  ChallengeTask task = task_for("example.com", "a");
  task.account_url = "https://example.com/acme/acct/ExampleAccount";
  const auto presented = solver.present(std::span(&task, 1), {});
  EXPECT_THAT(
      provider_.values("_ujmmovf2vn55tgye._acme-challenge.example.com."),
      ElementsAre(dns01_value("a.thumbprint")));
}

}  // namespace
}  // namespace acme
