// SPDX-License-Identifier: BSD-2-Clause
#include "acme_core/net/host_resolver.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <thread>

#include "acme_core/error.h"
#include "tests/support/dns_test_server.h"
#include "tests/support/failure_of.h"
#include "tests/support/fake_clock.h"

namespace acme {
namespace {

using namespace std::chrono_literals;
using ResolverMood = DnsTestServer::Mood;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::UnorderedElementsAre;

class HostResolverTest : public testing::Test {
 protected:
  DnsServers servers() const {
    return {.servers = {dns_.address()}, .timeout = 10s};
  }

  FakeClock clock_;
  DnsTestServer dns_;
};

TEST_F(HostResolverTest, FindsAddressesOfBothKinds) {
  dns_.set("ca.example", {"192.0.2.1", "2001:db8::1", "192.0.2.2"});
  HostResolver resolver(servers(), clock_);
  EXPECT_THAT(resolver.lookup("ca.example", {}),
              UnorderedElementsAre("192.0.2.1", "192.0.2.2", "2001:db8::1"));
}

TEST_F(HostResolverTest, AsksOnlyForWhatIsWanted) {
  dns_.set("ca.example", {"192.0.2.1", "2001:db8::1"});
  DnsServers only4 = servers();
  only4.ipv6 = false;
  EXPECT_THAT(HostResolver(only4, clock_).lookup("ca.example", {}),
              ElementsAre("192.0.2.1"));
  DnsServers only6 = servers();
  only6.ipv4 = false;
  EXPECT_THAT(HostResolver(only6, clock_).lookup("ca.example", {}),
              ElementsAre("2001:db8::1"));
  EXPECT_EQ(dns_.questions(), 2U);
}

TEST_F(HostResolverTest, AsksTheSystemWhenNobodyIsNamed) {
  HostResolver resolver({.servers = {}, .timeout = 10s}, clock_);
  EXPECT_THAT(resolver.lookup("localhost", {}),
              testing::Contains(testing::AnyOf("127.0.0.1", "::1")));
}

TEST_F(HostResolverTest, AsksNoLongerThanTheCallerWaits) {
  dns_.set(ResolverMood::kSilent);
  HostResolver resolver(servers(), clock_);
  EXPECT_EQ(failure_of([&] {
              return resolver.lookup("ca.example", {}, 100ms);
            }).kind(),
            ErrorKind::kUnavailable);
}

TEST_F(HostResolverTest, LeavesNumbersAlone) {
  HostResolver resolver(servers(), clock_);
  EXPECT_THAT(resolver.lookup("192.0.2.7", {}), ElementsAre("192.0.2.7"));
  EXPECT_THAT(resolver.lookup("[2001:DB8::7]", {}), ElementsAre("2001:db8::7"));
  EXPECT_EQ(dns_.questions(), 0U);
}

TEST_F(HostResolverTest, KeepsAnAnswerAsLongAsItIsValid) {
  dns_.set("ca.example", {"192.0.2.1"});
  HostResolver resolver(servers(), clock_);
  static_cast<void>(resolver.lookup("ca.example", {}));
  const unsigned asked = dns_.questions();
  static_cast<void>(resolver.lookup("ca.example", {}));
  EXPECT_EQ(dns_.questions(), asked);
}

TEST_F(HostResolverTest, AsksAgainWhenTheAnswerHasExpired) {
  dns_.set("ca.example", {"192.0.2.1"}, 60);
  HostResolver resolver(servers(), clock_);
  static_cast<void>(resolver.lookup("ca.example", {}));
  dns_.set("ca.example", {"192.0.2.2"});
  clock_.advance(59s);
  EXPECT_THAT(resolver.lookup("ca.example", {}), ElementsAre("192.0.2.1"));
  clock_.advance(1s);
  EXPECT_THAT(resolver.lookup("ca.example", {}), ElementsAre("192.0.2.2"));
}

TEST_F(HostResolverTest, KeepsAnswersAsLongAsTheOperatorSays) {
  dns_.set("ca.example", {"192.0.2.1"}, 1);
  DnsServers lasting = servers();
  lasting.valid = 1h;
  HostResolver resolver(lasting, clock_);
  static_cast<void>(resolver.lookup("ca.example", {}));
  const unsigned asked = dns_.questions();
  clock_.advance(59min);
  static_cast<void>(resolver.lookup("ca.example", {}));
  EXPECT_EQ(dns_.questions(), asked);
}

TEST_F(HostResolverTest, GoesOnWithAnOldAnswerWhileNoServerGivesAnother) {
  dns_.set("ca.example", {"192.0.2.1"});
  HostResolver resolver(servers(), clock_);
  static_cast<void>(resolver.lookup("ca.example", {}));
  dns_.set(ResolverMood::kFailing);
  clock_.advance(24h);
  EXPECT_THAT(resolver.lookup("ca.example", {}), ElementsAre("192.0.2.1"));
}

TEST_F(HostResolverTest, SaysWhichServerDoesNotKnowTheHost) {
  HostResolver resolver(servers(), clock_);
  const Error error =
      failure_of([&] { return resolver.lookup("nowhere.example", {}); });
  EXPECT_EQ(error.kind(), ErrorKind::kUnavailable);
  EXPECT_THAT(error.what(),
              HasSubstr("cannot find the address of \"nowhere.example\" at " +
                        dns_.address()));
}

TEST_F(HostResolverTest, AsksTheNextServerWhenOneFails) {
  DnsTestServer failing;
  failing.set(ResolverMood::kFailing);
  dns_.set("ca.example", {"192.0.2.1"});
  DnsServers both = servers();
  both.servers = {failing.address(), dns_.address()};
  EXPECT_THAT(HostResolver(both, clock_).lookup("ca.example", {}),
              ElementsAre("192.0.2.1"));
}

TEST_F(HostResolverTest, AsksOverTcpWhenTheAnswerWasCutShort) {
  dns_.set("ca.example", {"192.0.2.1"});
  dns_.set(ResolverMood::kTruncates);
  EXPECT_THAT(HostResolver(servers(), clock_).lookup("ca.example", {}),
              ElementsAre("192.0.2.1"));
}

TEST_F(HostResolverTest, GivesUpWhenItsTimeIsOver) {
  for (const ResolverMood mood :
       {ResolverMood::kSilent, ResolverMood::kBabbles}) {
    dns_.set(mood);
    DnsServers impatient = servers();
    impatient.timeout = 300ms;
    HostResolver resolver(impatient, clock_);
    EXPECT_EQ(
        failure_of([&] { return resolver.lookup("ca.example", {}); }).kind(),
        ErrorKind::kUnavailable);
  }
}

TEST_F(HostResolverTest, StopsWhenItIsTold) {
  dns_.set(ResolverMood::kSilent);
  HostResolver resolver(servers(), clock_);
  std::stop_source stop;
  std::jthread stopper([&] {
    dns_.wait_for_a_question();
    stop.request_stop();
  });
  EXPECT_EQ(failure_of([&] {
              return resolver.lookup("ca.example", stop.get_token());
            }).kind(),
            ErrorKind::kStopped);
}

TEST_F(HostResolverTest, ServesSeveralThreadsAtOnce) {
  dns_.set("ca.example", {"192.0.2.1"});
  HostResolver resolver(servers(), clock_);
  std::vector<std::jthread> threads;
  for (int i = 0; i < 8; ++i) {
    threads.emplace_back([&] {
      EXPECT_THAT(resolver.lookup("ca.example", {}), ElementsAre("192.0.2.1"));
    });
  }
}

}  // namespace
}  // namespace acme
