// SPDX-License-Identifier: BSD-2-Clause
// What is updated where, and what a refusal says to its reader.
#include "acme_core/challenge/rfc2136.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>

#include "acme_core/env/clock.h"
#include "acme_core/error.h"
#include "tests/support/failure_of.h"
#include "tests/support/name_server_double.h"

namespace acme {
namespace {

using Mood = NameServerDouble::Mood;
using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;

// 32 bytes of 'k', and their base64.
constexpr auto* kSecret = "a2tra2tra2tra2tra2tra2tra2tra2tra2tra2tra2s=";

const DnsRecord kUpdated{"www.example.com", "_acme-challenge.www.example.com.",
                         "value"};

class Rfc2136Test : public testing::Test {
 protected:
  Rfc2136Test() { server_.set_key("key.", "hmac-sha256.", kSecret); }

  Rfc2136Spec spec() const {
    return {.server = server_.address(),
            .key_name = "key",
            .key_algorithm = "hmac-sha256",
            .key = SecretBytes(32, 'k')};
  }

  Error failure_to_present(const DnsRecord& record = kUpdated,
                           const std::string& zone = "") {
    Rfc2136Provider provider(spec(), zone, clock_);
    return failure_of([&] {
      provider.present(record, {});
      return 0;
    });
  }

  SystemClock clock_;
  NameServerDouble server_{{"example.com.", "sub.example.com."}};
};

TEST_F(Rfc2136Test, AddsARecordForAMinuteAndRemovesThatOne) {
  Rfc2136Provider provider(spec(), "", clock_);
  server_.add("_acme-challenge.www.example.com. 60 IN TXT \"another\"");
  provider.present(kUpdated, {});
  provider.present(kUpdated, {});
  EXPECT_THAT(server_.texts(kUpdated.fqdn), ElementsAre("another", "value"));
  provider.cleanup(kUpdated, {});
  provider.cleanup(kUpdated, {});
  EXPECT_THAT(server_.texts(kUpdated.fqdn), ElementsAre("another"));
  EXPECT_EQ(server_.updates().front(), "+ " + kUpdated.fqdn + " 60 value");
}

TEST_F(Rfc2136Test, UpdatesTheInnermostZone) {
  Rfc2136Provider provider(spec(), "example.com", clock_);
  provider.present(
      {"a.sub.example.com", "_acme-challenge.a.sub.example.com.", "value"}, {});
  EXPECT_EQ(server_.updates().size(), 1U);
}

TEST_F(Rfc2136Test, SaysThatTheServerDoesNotHaveTheZone) {
  const Error error = failure_to_present(
      {"example.net", "_acme-challenge.example.net.", "value"});
  EXPECT_EQ(error.kind(), ErrorKind::kConfiguration);
  EXPECT_THAT(error.what(),
              AllOf(HasSubstr("\"example.net\""), HasSubstr(server_.address()),
                    HasSubstr("not authoritative")));
}

TEST_F(Rfc2136Test, TakesTheConfiguredZoneWhereTheServerDoesNotTell) {
  server_.set(Mood::kLacksAuthority);
  Rfc2136Provider provider(spec(), "example.com", clock_);
  provider.present(kUpdated, {});
  EXPECT_THAT(server_.texts(kUpdated.fqdn), ElementsAre("value"));
}

TEST_F(Rfc2136Test, SaysWhatToDoAboutEachRefusal) {
  const std::map<Mood, std::string> advice{
      {Mood::kRefusesKey, "BADKEY: it does not know the key \"key\""},
      {Mood::kRefusesSignature, "BADSIG: the secret"},
      {Mood::kRefusesTime, "BADTIME: its clock"},
      {Mood::kRefusesZone, "NOTAUTH: it is not the primary server"},
      {Mood::kRefusesName, "NOTZONE: "},
      {Mood::kRefusesUpdates, "NOTIMP: it takes no dynamic updates"},
  };
  for (const auto& [mood, text] : advice) {
    server_.set(mood);
    const Error error = failure_to_present();
    EXPECT_EQ(error.kind(), ErrorKind::kConfiguration);
    EXPECT_THAT(error.what(),
                AllOf(HasSubstr("\"www.example.com\""),
                      HasSubstr(server_.address()), HasSubstr(text)));
  }
}

TEST_F(Rfc2136Test, BelievesNoAnswerThatTheKeyHasNotSigned) {
  for (const Mood mood : {Mood::kSignsNothing, Mood::kForgesSignatures}) {
    server_.set(mood);
    EXPECT_THAT(failure_to_present().what(), HasSubstr("not signed with"));
  }
}

// Of the name server, not of the CA.
TEST_F(Rfc2136Test, TriesAgainLaterWhenTheServerIsDown) {
  Rfc2136Spec down = spec();
  down.server = "127.0.0.1:1";
  Rfc2136Provider provider(down, "", clock_);
  const Error error = failure_of([&] {
    provider.present(kUpdated, {});
    return 0;
  });
  EXPECT_EQ(error.kind(), ErrorKind::kOurs);
  EXPECT_THAT(error.what(), AllOf(HasSubstr("cannot publish the DNS record"),
                                  HasSubstr("127.0.0.1:1")));
}

TEST_F(Rfc2136Test, RefusesAKeyThatCannotBeUsed) {
  Rfc2136Spec weak = spec();
  weak.key_algorithm = "hmac-md5";
  EXPECT_EQ(failure_of([&] {
              return Rfc2136Provider(weak, "", clock_).kTimeToLive;
            }).kind(),
            ErrorKind::kConfiguration);
}

TEST_F(Rfc2136Test, StopsWhenItIsTold) {
  std::stop_source stop;
  stop.request_stop();
  Rfc2136Provider provider(spec(), "", clock_);
  EXPECT_EQ(failure_of([&] {
              provider.present(kUpdated, stop.get_token());
              return 0;
            }).kind(),
            ErrorKind::kStopped);
}

}  // namespace
}  // namespace acme
