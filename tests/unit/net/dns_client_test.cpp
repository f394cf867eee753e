// SPDX-License-Identifier: BSD-2-Clause
// One question to one server, which may lie, be silent or cut its answer short.
#include "acme_core/net/dns_client.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <thread>

#include "acme_core/error.h"
#include "tests/support/failure_of.h"
#include "tests/support/name_server_double.h"

namespace acme {
namespace {

using namespace std::chrono_literals;
using Mood = NameServerDouble::Mood;
using testing::HasSubstr;

class DnsClientTest : public testing::Test {
 protected:
  DnsClientTest() { server_.add("www.example.com. 60 IN TXT \"value\""); }

  DnsReply ask(const std::string& name, DnsType type = DnsType::kTxt,
               std::chrono::milliseconds timeout = 10s) {
    return ask_dns(server_.address(), {name, type}, timeout, {});
  }

  NameServerDouble server_{{"example.com."}};
};

TEST_F(DnsClientTest, GetsWhatTheServerKnows) {
  const DnsReply reply = ask("WWW.example.com");
  EXPECT_TRUE(reply.authoritative);
  ASSERT_EQ(reply.answers.size(), 1U);
  EXPECT_EQ(reply.answers[0].value, "value");
}

TEST_F(DnsClientTest, GetsRefusalsToo) {
  EXPECT_EQ(ask("no.example.com.").rcode, DnsRcode::kNxDomain);
  server_.set(Mood::kFailing);
  EXPECT_EQ(ask("www.example.com.").rcode, DnsRcode::kServFail);
}

TEST_F(DnsClientTest, AsksOverTcpWhenTheAnswerWasCutShort) {
  server_.set(Mood::kTruncates);
  EXPECT_EQ(ask("www.example.com.").answers.size(), 1U);
  EXPECT_EQ(server_.questions(), 2U);
}

TEST_F(DnsClientTest, GivesUpWhenTheServerEndsTheConnection) {
  server_.set(Mood::kClosesStreams);
  const Error error = failure_of([&] { return ask("www.example.com."); });
  EXPECT_EQ(error.kind(), ErrorKind::kUnavailable);
}

TEST_F(DnsClientTest, SendsAgainWhatGotNoAnswerOfItsOwn) {
  server_.set(Mood::kForges);
  EXPECT_EQ(ask("www.example.com.").answers.size(), 1U);
  EXPECT_EQ(server_.questions(), 3U);
}

TEST_F(DnsClientTest, GivesUpWhenItsTimeIsOver) {
  for (const Mood mood : {Mood::kSilent, Mood::kBabbles}) {
    server_.set(mood);
    const Error error = failure_of(
        [&] { return ask("www.example.com.", DnsType::kTxt, 300ms); });
    EXPECT_EQ(error.kind(), ErrorKind::kUnavailable);
    EXPECT_THAT(error.what(), HasSubstr("no answer within 300 ms"));
  }
}

TEST_F(DnsClientTest, KnowsAtOnceThatNobodyListens) {
  std::string address;
  {
    const NameServerDouble gone({"example.com."});
    address = gone.address();
  }
  const Error error = failure_of([&] {
    return ask_dns(address, {"www.example.com.", DnsType::kTxt}, 1h, {});
  });
  EXPECT_THAT(error.what(), HasSubstr("refused"));
}

TEST_F(DnsClientTest, RefusesWhatIsNoAddress) {
  for (const auto* address : {"ns.example.com:53", "", "192.0.2.1:port"}) {
    EXPECT_EQ(
        failure_of([&] {
          return ask_dns(address, {"example.com.", DnsType::kTxt}, 1s, {});
        }).kind(),
        ErrorKind::kConfiguration)
        << address;
  }
}

TEST_F(DnsClientTest, StopsWhenItIsTold) {
  server_.set(Mood::kSilent);
  std::stop_source stop;
  std::jthread stopper([&] {
    server_.wait_for_a_question();
    stop.request_stop();
  });
  EXPECT_EQ(failure_of([&] {
              return ask_dns(server_.address(),
                             {"www.example.com.", DnsType::kTxt}, 1h,
                             stop.get_token());
            }).kind(),
            ErrorKind::kStopped);
}

TEST_F(DnsClientTest, LearnsTheZoneFromPositiveAndNegativeAnswers) {
  for (const std::string& name :
       {std::string("example.com."), std::string("www.example.com."),
        std::string("no.such.example.com.")}) {
    EXPECT_EQ(zone_in(ask(name, DnsType::kSoa), name), "example.com.");
  }
}

TEST(ZoneIn, IsNotOneThatTheNameIsNotIn) {
  const DnsReply reply{DnsRcode::kNxDomain,
                       true,
                       false,
                       {},
                       {{"example.net.", DnsType::kSoa, ""}}};
  EXPECT_EQ(zone_in(reply, "www.example.com."), "");
}

}  // namespace
}  // namespace acme
