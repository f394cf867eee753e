// SPDX-License-Identifier: BSD-2-Clause
#include "acme_core/status/status_query.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace acme {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;
using namespace std::chrono_literals;

CertificateQuery query_of(std::string_view text) {
  return certificate_query(QueryParameters::parse(text));
}

TEST(StatusQuery, IsDecoded) {
  EXPECT_EQ(decode_query_value("a%2Eb+c"), "a.b c");
  EXPECT_EQ(decode_query_value("m%C3%BCller"), "m\u00FCller");
  EXPECT_EQ(decode_query_value(percent_encoded("*.a b&c=\u00FC%")),
            "*.a b&c=\u00FC%");
}

TEST(StatusQuery, IsRefusedWhenMalformed) {
  for (const std::string_view text :
       {"%", "%4", "%zz", "a%4", "%00", "%0A", "%FF", "\x01", "%7f"}) {
    EXPECT_EQ(decode_query_value(text), std::nullopt) << text;
  }
  EXPECT_THAT(query_of("name=%").fault, HasSubstr("percent-encoding"));
}

TEST(StatusQuery, IsBounded) {
  EXPECT_THAT(query_of(std::string(kLongestQuery + 1, 'a')).fault,
              HasSubstr("longer than 4096 bytes"));
  EXPECT_THAT(query_of("name=" + std::string(kLongestValue + 1, 'a')).fault,
              HasSubstr("longer than 512 bytes"));
  std::string many;
  for (int i = 0; i < 33; ++i) {
    many += "p" + std::to_string(i) + "=1&";
  }
  EXPECT_THAT(query_of(many).fault, HasSubstr("more than 32"));
  EXPECT_THAT(query_of("name=a&name=b").fault, HasSubstr("there twice"));
}

TEST(StatusQuery, HasAllThatNarrowsAndSorts) {
  const auto query = query_of(
      "name=WWW&state=failing,expired&issuer=le&expires_within=30d"
      "&sort=-not_after&after=x-1&limit=7");
  EXPECT_THAT(query.fault, IsEmpty());
  EXPECT_EQ(query.name, "www");
  EXPECT_TRUE(query.wants(CertificateState::kFailing));
  EXPECT_TRUE(query.wants(CertificateState::kExpired));
  EXPECT_FALSE(query.wants(CertificateState::kValid));
  EXPECT_EQ(query.issuer, "le");
  EXPECT_EQ(query.expires_within, 30 * 24h);
  EXPECT_EQ(query.sort, SortKey::kNotAfter);
  EXPECT_TRUE(query.is_descending);
  EXPECT_EQ(query.after, "x-1");
  EXPECT_EQ(query.limit, 7U);
}

TEST(StatusQuery, WithoutParametersWantsAll) {
  const auto query = query_of("&&");
  EXPECT_THAT(query.fault, IsEmpty());
  EXPECT_TRUE(query.wants(CertificateState::kOrphan));
  EXPECT_EQ(query.limit, 100U);
  EXPECT_EQ(query.filters(), "");
}

TEST(StatusQuery, SaysWhatIsWrongWithAValue) {
  EXPECT_THAT(query_of("state=bogus").fault, HasSubstr("no state \"bogus\""));
  EXPECT_THAT(query_of("sort=serial").fault, HasSubstr("sort has to be"));
  EXPECT_THAT(query_of("sort=-").fault, HasSubstr("sort has to be"));
  EXPECT_THAT(query_of("expires_within=soon").fault,
              HasSubstr("expires_within"));
  for (const std::string_view limit :
       {"0", "1001", "-1", "1e3", "99999999999999999999", " 1"}) {
    EXPECT_THAT(query_of("limit=" + percent_encoded(limit)).fault,
                HasSubstr("limit has to be"))
        << limit;
  }
}

TEST(StatusQuery, KeepsItsFiltersInLinks) {
  const auto query = query_of("state=failing&name=a%26b&sort=-name&after=x");
  EXPECT_EQ(query.filters(), "name=a%26b&state=failing&sort=-name");
  const auto again = query_of(query.filters());
  EXPECT_EQ(again.name, query.name);
  EXPECT_EQ(again.states, query.states);
  EXPECT_EQ(again.is_descending, query.is_descending);
}

TEST(Period, HasUnits) {
  EXPECT_EQ(parse_period("90"), 90s);
  EXPECT_EQ(parse_period("90s"), 90s);
  EXPECT_EQ(parse_period("15m"), 15min);
  EXPECT_EQ(parse_period("12h"), 12h);
  EXPECT_EQ(parse_period("2w"), 14 * 24h);
  for (const std::string_view text :
       {"", "d", "-1d", "1y", "1.5h", "99999999999d", "9223372036854775807",
        " 1", "1 "}) {
    EXPECT_EQ(parse_period(text), std::nullopt) << text;
  }
}

}  // namespace
}  // namespace acme
