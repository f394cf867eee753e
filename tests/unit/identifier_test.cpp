// SPDX-License-Identifier: BSD-2-Clause
// Names: which are read, and which no public CA signs.
#include "acme_core/identifier.h"

#include <gtest/gtest.h>

#include <string>

namespace acme {
namespace {

std::string dns(std::string_view text) {
  const auto identifier = parse_identifier(text);
  return identifier && identifier->type == Identifier::Type::kDns
             ? identifier->value
             : "not a name";
}

std::string ip(std::string_view text) {
  const auto identifier = parse_identifier(text);
  return identifier && identifier->type == Identifier::Type::kIp
             ? identifier->value
             : "not an address";
}

std::string why(std::string_view text) {
  const auto identifier = parse_identifier(text);
  return identifier ? std::string(why_not_public(*identifier).value_or(""))
                    : "malformed";
}

std::string repeat(char c, std::size_t count) { return std::string(count, c); }

TEST(ParseIdentifier, ReadsHostNamesInLowerCase) {
  EXPECT_EQ(dns("www.example.com"), "www.example.com");
  EXPECT_EQ(dns("WWW.Example.COM"), "www.example.com");
  EXPECT_EQ(dns("localhost"), "localhost");
  EXPECT_EQ(dns("a-b_c.1and1.de"), "a-b_c.1and1.de");
  EXPECT_EQ(dns("xn--bcher-kva.example"), "xn--bcher-kva.example");
  EXPECT_EQ(dns("1.2.3.4.example"), "1.2.3.4.example");
}

TEST(ParseIdentifier, TakesAWildcardOnlyAsTheWholeFirstLabel) {
  const auto wildcard = parse_identifier("*.Example.com");
  ASSERT_TRUE(wildcard);
  EXPECT_EQ(wildcard->value, "*.example.com");
  EXPECT_TRUE(wildcard->is_wildcard());
  EXPECT_FALSE(parse_identifier("www.example.com")->is_wildcard());
  for (const char* text : {"*", "*.", "*example.com", "www.*.com", "*.*.com",
                           "www.example.*", "**.example.com"}) {
    EXPECT_FALSE(parse_identifier(text)) << text;
  }
}

TEST(ParseIdentifier, RefusesWhatIsNoHostName) {
  for (const char* text :
       {"", ".", ".example.com", "example.com.", "a..b", "-a.example",
        "a-.example", "exa mple.com", "example.com\n",
        "b\xc3\xbc"
        "cher.de",
        "~^www\\.example$", "user@example.com", "example.com:443",
        "http://example.com", "$hostname"}) {
    EXPECT_FALSE(parse_identifier(text)) << text;
  }
  EXPECT_FALSE(parse_identifier(std::string_view("a\0.example", 10)));
  EXPECT_FALSE(parse_identifier(std::string_view("127.0.0.1\0x", 11)));
}

TEST(ParseIdentifier, LimitsLabelsTo63AndNamesTo253Characters) {
  EXPECT_TRUE(parse_identifier(repeat('a', 63) + ".example"));
  EXPECT_FALSE(parse_identifier(repeat('a', 64) + ".example"));
  const std::string label = repeat('a', 63) + ".";
  const std::string longest = label + label + label + repeat('b', 61);
  ASSERT_EQ(longest.size(), 253U);
  EXPECT_TRUE(parse_identifier(longest));
  EXPECT_FALSE(parse_identifier(longest + "b"));
}

TEST(ParseIdentifier, RefusesNamesThatEndInANumber) {
  for (const char* text : {"123", "1.2.3", "256.1.1.1", "1.2.3.4.5",
                           "example.123", "0x7f.1", "01.2.3.4"}) {
    EXPECT_FALSE(parse_identifier(text)) << text;
  }
}

TEST(ParseIdentifier, WritesAddressesInTheirCanonicalForm) {
  EXPECT_EQ(ip("192.0.2.1"), "192.0.2.1");
  EXPECT_EQ(ip("2001:DB8:0:0:0:0:0:1"), "2001:db8::1");
  EXPECT_EQ(ip("2001:0db8::0001:0:0:1"), "2001:db8::1:0:0:1");
  EXPECT_EQ(ip("2001:db8:0:1:1:1:1:1"), "2001:db8:0:1:1:1:1:1");
  EXPECT_EQ(ip("::"), "::");
  EXPECT_EQ(ip("::FFFF:192.0.2.1"), "::ffff:192.0.2.1");
}

TEST(ParseIdentifier, TakesIpv6InBracketsAsListenDirectivesWriteIt) {
  EXPECT_EQ(ip("[::1]"), "::1");
  EXPECT_EQ(ip("[192.0.2.1]"), "not an address");
  for (const char* text : {"[]", "[::1", "::1]", "[::1]:443", "fe80::1%eth0",
                           "1::2::3", "2001:db8::/32"}) {
    EXPECT_FALSE(parse_identifier(text)) << text;
  }
}

TEST(WhyNotPublic, AcceptsOrdinaryNames) {
  for (const char* text :
       {"www.example.com", "*.example.org", "example.co.uk", "home.arpa.org",
        "mylocal.de", "nottest.dev", "localhost.example.com"}) {
    EXPECT_EQ(why(text), "") << text;
  }
}

TEST(WhyNotPublic, NamesTheReasonForReservedNames) {
  EXPECT_EQ(why("localhost"), "has a single label");
  EXPECT_EQ(why("*.com"), "has a single label");
  for (const char* text :
       {"www.test", "a.example", "a.invalid", "www.localhost", "printer.local",
        "*.corp.internal", "router.home.arpa", "home.arpa", "abc.onion"}) {
    EXPECT_EQ(why(text), "is reserved") << text;
  }
  EXPECT_EQ(why("foo_bar.example.com"), "contains an underscore");
}

TEST(WhyNotPublic, TellsPublicAddressesFromOthers) {
  for (const char* text : {"8.8.8.8", "172.15.0.1", "172.32.0.1", "100.63.0.1",
                           "100.128.0.1", "2606:4700::1111", "2a00::1"}) {
    EXPECT_EQ(why(text), "") << text;
  }
  for (const char* text : {"127.0.0.1", "127.255.255.255", "::1"}) {
    EXPECT_EQ(why(text), "is a loopback address") << text;
  }
  for (const char* text :
       {"10.1.2.3", "172.16.0.1", "172.31.255.255", "192.168.1.1", "100.64.0.1",
        "100.127.255.255", "fc00::1", "fdff::1"}) {
    EXPECT_EQ(why(text), "is a private address") << text;
  }
  for (const char* text : {"169.254.1.1", "fe80::1", "febf::1"}) {
    EXPECT_EQ(why(text), "is a link-local address") << text;
  }
  for (const char* text :
       {"0.0.0.0", "192.0.2.1", "198.19.0.1", "224.0.0.1", "255.255.255.255",
        "::", "2001:db8::1", "ff02::1", "::ffff:8.8.8.8"}) {
    EXPECT_EQ(why(text), "is a reserved address") << text;
  }
}

}  // namespace
}  // namespace acme
