// SPDX-License-Identifier: BSD-2-Clause
// Aliases, zones and their servers, found by way of a resolver.
#include "acme_core/net/dns_lookup.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>

#include "acme_core/error.h"
#include "tests/support/failure_of.h"
#include "tests/support/name_server_double.h"
#include "tests/support/temporary_directory.h"

namespace acme {
namespace {

using Mood = NameServerDouble::Mood;
using Status = TxtAnswer::Status;
using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

class DnsLookupTest : public testing::Test {
 protected:
  NameServer server() const { return {"ns1.example.com.", {dns_.address()}}; }

  NameServerDouble dns_{{"example.com.", "sub.example.com.", "example.net."}};
  ResolverDnsLookup lookup_{DnsServers{.servers = {dns_.address()}},
                            dns_.port()};
};

TEST_F(DnsLookupTest, FollowsAliasesToTheirEnd) {
  dns_.add("_acme-challenge.example.com. 60 IN CNAME a.example.net.");
  dns_.add("a.example.net. 60 IN CNAME B.sub.example.com.");
  EXPECT_EQ(lookup_.follow_aliases("_acme-challenge.example.com.", {}),
            "b.sub.example.com.");
}

TEST_F(DnsLookupTest, TakesANameWithoutAliasAsItIs) {
  EXPECT_EQ(lookup_.follow_aliases("_acme-challenge.WWW.example.com.", {}),
            "_acme-challenge.www.example.com.");
}

TEST_F(DnsLookupTest, EndsAliasesThatLeadInACircle) {
  dns_.add("a.example.com. 60 IN CNAME b.example.com.");
  dns_.add("b.example.com. 60 IN CNAME a.example.com.");
  const Error error =
      failure_of([&] { return lookup_.follow_aliases("a.example.com.", {}); });
  EXPECT_EQ(error.kind(), ErrorKind::kConfiguration);
  EXPECT_THAT(error.what(), HasSubstr("a.example.com."));
}

TEST_F(DnsLookupTest, EndsAliasesWithoutEnd) {
  for (int i = 0; i < 40; ++i) {
    dns_.add("a" + std::to_string(i) + ".example.com. 60 IN CNAME a" +
             std::to_string(i + 1) + ".example.com.");
  }
  EXPECT_EQ(failure_of([&] {
              return lookup_.follow_aliases("a0.example.com.", {});
            }).kind(),
            ErrorKind::kConfiguration);
}

TEST_F(DnsLookupTest, FindsTheInnermostZone) {
  EXPECT_EQ(lookup_.zone_of("a.b.sub.example.com.", {}), "sub.example.com.");
  EXPECT_EQ(lookup_.zone_of("www.example.com.", {}), "example.com.");
}

TEST_F(DnsLookupTest, FindsTheServersOfAZoneThatHaveAddresses) {
  dns_.add("example.com. 60 IN NS ns1.example.com.");
  dns_.add("example.com. 60 IN NS ns2.example.net.");
  dns_.add("example.com. 60 IN NS none.example.net.");
  dns_.add("ns1.example.com. 60 IN A 127.0.0.1");
  dns_.add("ns1.example.com. 60 IN AAAA 2001:db8::1");
  dns_.add("ns2.example.net. 60 IN A 127.0.0.2");
  const auto servers = lookup_.authoritative_servers("example.com.", {});
  ASSERT_EQ(servers.size(), 2U);
  EXPECT_EQ(servers[0].name, "ns1.example.com.");
  EXPECT_THAT(
      servers[0].addresses,
      ElementsAre("127.0.0.1:" + dns_.port(), "[2001:db8::1]:" + dns_.port()));
  EXPECT_THAT(servers[1].addresses, ElementsAre("127.0.0.2:" + dns_.port()));
}

TEST_F(DnsLookupTest, SaysThatAZoneHasNoServers) {
  const Error error = failure_of(
      [&] { return lookup_.authoritative_servers("example.com.", {}); });
  EXPECT_EQ(error.kind(), ErrorKind::kUnavailable);
  EXPECT_THAT(error.what(), HasSubstr("example.com."));
}

TEST_F(DnsLookupTest, GetsAllTextsOfANameFromOneServer) {
  dns_.add("_acme-challenge.example.com. 60 IN TXT \"one\"");
  dns_.add("_acme-challenge.example.com. 60 IN TXT \"two\"");
  const TxtAnswer answer =
      lookup_.txt_at(server(), "_acme-challenge.example.com.", {});
  EXPECT_EQ(answer.status, Status::kAnswered);
  EXPECT_THAT(answer.values, ElementsAre("one", "two"));
}

TEST_F(DnsLookupTest, CountsNoNameAsNoText) {
  const TxtAnswer answer = lookup_.txt_at(server(), "no.example.com.", {});
  EXPECT_EQ(answer.status, Status::kAnswered);
  EXPECT_THAT(answer.values, IsEmpty());
}

TEST_F(DnsLookupTest, TellsRefusalFromSilence) {
  dns_.set(Mood::kFailing);
  TxtAnswer answer = lookup_.txt_at(server(), "example.com.", {});
  EXPECT_EQ(answer.status, Status::kRefused);
  EXPECT_EQ(answer.fault, "SERVFAIL");
  dns_.set(Mood::kLacksAuthority);
  answer = lookup_.txt_at(server(), "example.com.", {});
  EXPECT_EQ(answer.status, Status::kRefused);
  answer = lookup_.txt_at({"ns", {"127.0.0.1:1"}}, "example.com.", {});
  EXPECT_EQ(answer.status, Status::kSilent);
}

TEST_F(DnsLookupTest, AsksAServerAtItsNextAddress) {
  dns_.add("example.com. 60 IN TXT \"one\"");
  const NameServer two{"ns", {"127.0.0.1:1", dns_.address()}};
  EXPECT_THAT(lookup_.txt_at(two, "example.com.", {}).values,
              ElementsAre("one"));
}

TEST_F(DnsLookupTest, AsksTheNextResolverWhenOneFails) {
  NameServerDouble failing({});
  failing.set(Mood::kFailing);
  dns_.add("example.com. 60 IN TXT \"one\"");
  ResolverDnsLookup both(
      DnsServers{.servers = {failing.address(), dns_.address()}});
  EXPECT_THAT(both.txt("example.com.", {}).values, ElementsAre("one"));
}

TEST_F(DnsLookupTest, NamesTheResolversThatFailed) {
  dns_.set(Mood::kFailing);
  const Error error =
      failure_of([&] { return lookup_.zone_of("example.com.", {}); });
  EXPECT_EQ(error.kind(), ErrorKind::kUnavailable);
  EXPECT_THAT(error.what(),
              AllOf(HasSubstr(dns_.address()), HasSubstr("SERVFAIL"),
                    HasSubstr("example.com.")));
  EXPECT_EQ(lookup_.txt("example.com.", {}).status, Status::kSilent);
}

TEST(SystemDnsServers, AreThoseOfItsFile) {
  const TemporaryDirectory folder;
  const std::string path = folder.path() / "resolv.conf";
  std::ofstream(path) << "# comment\nsearch example.com\n"
                         "nameserver 192.0.2.1\nnameserver\t2001:db8::1 \n";
  EXPECT_THAT(system_dns_servers(path).servers,
              ElementsAre("192.0.2.1:53", "[2001:db8::1]:53"));
}

TEST(SystemDnsServers, AreThisMachineWithoutOne) {
  EXPECT_THAT(system_dns_servers("/nonexistent").servers,
              ElementsAre("127.0.0.1:53"));
}

}  // namespace
}  // namespace acme
