// SPDX-License-Identifier: BSD-2-Clause
// Which records let an account prove a name, and what is said of those that are
// not there.
#include "acme_core/challenge/dns_persist01.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "acme_core/error.h"
#include "acme_core/storage/memory_store.h"
#include "tests/support/failure_of.h"
#include "tests/support/fake_clock.h"
#include "tests/support/fake_dns.h"
#include "tests/support/recording_logger.h"

namespace acme {
namespace {

using Status = TxtAnswer::Status;
using testing::AllOf;
using testing::HasSubstr;

constexpr auto* kAccount = "https://ca.example/acct/1";
constexpr auto* kName = "_validation-persist.example.com.";
constexpr auto* kPersistValue =
    "ca.example; accounturi=https://ca.example/acct/1";

ChallengeTask task_for(const std::string& name, bool wildcard = false) {
  return {.identifier = parse_identifier(name).value(),
          .token = "",
          .key_authorization = "",
          .wildcard = wildcard,
          .account_url = kAccount,
          .issuer_domain_names = {"ca.example", "other.example"}};
}

class DnsPersist01Test : public testing::Test {
 protected:
  void publish(const std::string& name, const std::string& value) {
    provider_.present({"", name, value}, {});
  }
  std::unique_ptr<PresentedAnswers> present(std::vector<ChallengeTask> tasks) {
    return solver_.present(tasks, {});
  }
  bool allows(const std::string& value, bool wildcard = false) {
    return persist_record_allows(value, task_for("example.com", wildcard),
                                 clock_.now());
  }

  FakeClock clock_;
  RecordingLogger logger_;
  EventLog log_{logger_, "ca"};
  FakeDnsProvider provider_;
  FakeDnsLookup lookup_{provider_};
  MemoryStore store_;
  DnsPersist01Solver solver_{lookup_, clock_, log_, store_};
};

// As Pebble 2.10 reads them.
TEST_F(DnsPersist01Test, ReadsRecordsAsACaDoes) {
  const std::string account = std::string("accounturi=") + kAccount;
  EXPECT_TRUE(allows("ca.example; " + account));
  EXPECT_TRUE(allows("CA.example ;ACCOUNTURI=" + std::string(kAccount)));
  EXPECT_TRUE(allows("other.example; " + account + "; policy=wildcard"));
  EXPECT_TRUE(allows("ca.example; " + account + "; foo=bar;"));
  EXPECT_FALSE(allows("ca.example"));
  EXPECT_FALSE(allows(""));
  EXPECT_FALSE(allows("ca2.example; " + account));
  EXPECT_FALSE(allows("ca.example; " + account + "2"));
  EXPECT_FALSE(allows("ca.example; " + account + "; foo"));
  EXPECT_FALSE(allows("ca.example; " + account + "; " + account));
}

// The test vectors of draft-ietf-acme-dns-persist-02.
ChallengeTask hashed_task(bool wildcard = false) {
  return {.identifier = parse_identifier("example.com").value(),
          .token = "",
          .key_authorization = "",
          .wildcard = wildcard,
          .account_url = "https://ca.example/acct/123",
          .issuer_domain_names = {"authority.example"},
          .account_hash_prefix = "https://ca.example/account-hash/",
          .account_thumbprint = "NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs"};
}
constexpr auto* kHashed =
    "authority.example; accounturi=https://ca.example/account-hash/sha-256/"
    "5SQm7n6tPh2-PlLbCKGnViTXX5z19SCN4cPGQHSk-kw";
constexpr auto* kHashedForAll =
    "authority.example; accounturi=https://ca.example/account-hash/sha-256/"
    "NpDnSwUthQK8zCgFdefYxAdAVPnygMLbs9US6oO-5ug";

TEST_F(DnsPersist01Test, NamesTheAccountByAHashWhereTheCaSaysSo) {
  EXPECT_EQ(persist_record_value(hashed_task()), kHashed);
  EXPECT_EQ(persist_record_value(hashed_task(true)),
            std::string(kHashed) + "; policy=wildcard");
}

TEST_F(DnsPersist01Test, TakesAHashOfTheNameOrOfEveryName) {
  const auto allowed = [&](const std::string& value) {
    return persist_record_allows(value, hashed_task(), clock_.now());
  };
  EXPECT_TRUE(allowed(kHashed));
  EXPECT_TRUE(allowed(kHashedForAll));
  EXPECT_FALSE(
      allowed("authority.example; accounturi=https://ca.example/acct/123"))
      << "that CA takes hashes only";
  ChallengeTask other = hashed_task();
  other.identifier.value = "example.net";
  EXPECT_FALSE(persist_record_allows(kHashed, other, clock_.now()));
  EXPECT_TRUE(persist_record_allows(kHashedForAll, other, clock_.now()));
  other.account_thumbprint.back() = 'x';
  EXPECT_FALSE(persist_record_allows(kHashedForAll, other, clock_.now()));
}

TEST_F(DnsPersist01Test, SaysWhichHashToPublish) {
  const Error error =
      failure_of([this] { static_cast<void>(present({hashed_task()})); });
  EXPECT_THAT(error.what(), HasSubstr(kHashed));
  publish(kName, kHashed);
  EXPECT_NE(present({hashed_task()}), nullptr);
}

TEST_F(DnsPersist01Test, WantsThePolicyForWildcards) {
  const std::string value = kPersistValue;
  EXPECT_FALSE(allows(value, true));
  EXPECT_FALSE(allows(value + "; policy=other", true));
  EXPECT_TRUE(allows(value + "; policy=Wildcard", true));
}

TEST_F(DnsPersist01Test, WantsRecordsThatAreNotOver) {
  const auto at = [&](std::chrono::seconds offset) {
    const auto time = std::chrono::duration_cast<std::chrono::seconds>(
        clock_.now().time_since_epoch() + offset);
    return allows(kPersistValue + std::string("; persistUntil=") +
                  std::to_string(time.count()));
  };
  EXPECT_TRUE(at(std::chrono::seconds(1)));
  EXPECT_FALSE(at(std::chrono::seconds(-1)));
  EXPECT_FALSE(allows(kPersistValue + std::string("; persistUntil=soon")));
}

TEST_F(DnsPersist01Test, LetsTheCaLookWhenTheRecordIsThere) {
  publish(kName, "something else");
  publish(kName, kPersistValue);
  EXPECT_NE(present({task_for("example.com")}), nullptr);
}

TEST_F(DnsPersist01Test, SaysWhichRecordsToMake) {
  publish(kName, "something else");
  const Error error = failure_of([&] {
    return present(
        {task_for("example.com"), task_for("www.example.com", true)});
  });
  EXPECT_EQ(error.kind(), ErrorKind::kConfiguration);
  EXPECT_THAT(
      error.what(),
      AllOf(HasSubstr(std::string("TXT \"") + kName + "\" with the value \"" +
                      kPersistValue + "\""),
            HasSubstr("has only \"something else\""),
            HasSubstr("\"_validation-persist.www.example.com.\" with the "
                      "value \"" +
                      std::string(kPersistValue) + "; policy=wildcard\""),
            HasSubstr("none of that name")));
}

TEST_F(DnsPersist01Test, TellsWhatTheCaCallsItself) {
  const ChallengeTask task = task_for("example.com");
  static_cast<void>(failure_of([&] { return present({task}); }));
  EXPECT_EQ(store_.load_account_record().issuer_domain_names,
            task.issuer_domain_names);
}

TEST_F(DnsPersist01Test, WantsOneRecordForADomainAndItsWildcard) {
  const std::vector both{task_for("example.com"),
                         task_for("example.com", true)};
  const std::string message = failure_of([&] { return present(both); }).what();
  EXPECT_THAT(message, HasSubstr("policy=wildcard"));
  EXPECT_EQ(message.find(kName), message.rfind(kName));
  publish(kName, kPersistValue + std::string("; policy=wildcard"));
  EXPECT_NE(present(both), nullptr);
}

TEST_F(DnsPersist01Test, FollowsAliases) {
  lookup_.set_alias(kName, "persist.example.net.");
  publish("persist.example.net.", kPersistValue);
  EXPECT_NE(present({task_for("example.com")}), nullptr);
}

TEST_F(DnsPersist01Test, WantsTheRecordAtEveryServer) {
  publish(kName, kPersistValue);
  lookup_.set_server("ns2.", TxtAnswer());
  EXPECT_THAT(
      failure_of([&] { return present({task_for("example.com")}); }).what(),
      HasSubstr("\"ns2.\""));
}

TEST_F(DnsPersist01Test, LeavesItToTheCaWhenNobodyCanBeAsked) {
  for (const auto* name : {"ns1.", "ns2.", "resolver"}) {
    lookup_.set_server(name, {Status::kSilent, {}, "no answer"});
  }
  EXPECT_NE(present({task_for("example.com")}), nullptr);
  EXPECT_TRUE(logger_.contains("is left to the CA: no answer"));
  lookup_.lose_resolver();
  EXPECT_NE(present({task_for("example.com")}), nullptr);
}

TEST_F(DnsPersist01Test, NeedsTheNameOfTheCa) {
  ChallengeTask nameless = task_for("example.com");
  nameless.issuer_domain_names.clear();
  EXPECT_EQ(failure_of([&] { return present({nameless}); }).kind(),
            ErrorKind::kPermanent);
}

}  // namespace
}  // namespace acme
