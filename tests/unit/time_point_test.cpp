// SPDX-License-Identifier: BSD-2-Clause
#include "acme_core/time_point.h"

#include <gtest/gtest.h>

#include <optional>
#include <string>

namespace acme {
namespace {

using namespace std::chrono_literals;
using std::chrono::sys_days;

constexpr TimePoint kNoon = sys_days(2026y / 1 / 31) + 12h;

TEST(Rfc3339, ComesBackAsItWas) {
  for (const TimePoint time :
       {kNoon, TimePoint(), TimePoint(sys_days(1969y / 12 / 31)),
        TimePoint(sys_days(9999y / 12 / 31) + 23h + 59min + 59s)}) {
    EXPECT_EQ(parse_rfc3339(rfc3339(time)), time) << rfc3339(time);
  }
}

TEST(Rfc3339, HasOffsetsAndFractions) {
  EXPECT_EQ(parse_rfc3339("2026-01-31T12:00:00Z"), kNoon);
  EXPECT_EQ(parse_rfc3339("2026-01-31t12:00:00z"), kNoon);
  EXPECT_EQ(parse_rfc3339("2026-01-31T14:00:00+02:00"), kNoon);
  EXPECT_EQ(parse_rfc3339("2026-01-31T00:30:00-11:30"), kNoon);
  EXPECT_EQ(parse_rfc3339("2026-02-01T00:00:00+12:00"), kNoon);
  EXPECT_EQ(parse_rfc3339("2026-01-31T12:00:00-00:00"), kNoon);
  EXPECT_EQ(parse_rfc3339("2026-01-31T12:00:00.5Z"), kNoon + 500ms);
  EXPECT_EQ(parse_rfc3339("2026-01-31T12:00:00.007Z"), kNoon + 7ms);
  EXPECT_EQ(parse_rfc3339("2026-01-31T12:00:00.12399999999999999999999+00:00"),
            kNoon + 123ms);
  // A leap second.
  EXPECT_EQ(parse_rfc3339("2026-01-31T11:59:60Z"), kNoon);
  EXPECT_EQ(parse_rfc3339("2024-02-29T00:00:00Z"),
            TimePoint(sys_days(2024y / 2 / 29)));
}

TEST(Rfc3339, IsRefusedWhenMalformed) {
  for (const std::string& text : {std::string("2026-01-31"),
                                  std::string("2026-01-31 12:00:00Z"),
                                  std::string("2026-01-31T12:00:00"),
                                  std::string("2026-01-31T12:00Z"),
                                  std::string("2026-01-31T12:00:00.Z"),
                                  std::string("2026-01-31T12:00:00,5Z"),
                                  std::string("2026-01-31T12:00:00Z "),
                                  std::string(" 2026-01-31T12:00:00Z"),
                                  std::string("2026-01-31T12:00:00Z\0", 21),
                                  std::string("2026-01-31T12:00:00+0200"),
                                  std::string("2026-01-31T12:00:00+02"),
                                  std::string("2026-01-31T12:00:00+24:00"),
                                  std::string("2026-01-31T12:00:00+02:60"),
                                  std::string("2026-1-31T12:00:00Z"),
                                  std::string("26-01-31T12:00:00Z"),
                                  std::string("12026-01-31T12:00:00Z"),
                                  std::string("-026-01-31T12:00:00Z"),
                                  std::string("2026-00-31T12:00:00Z"),
                                  std::string("2026-13-31T12:00:00Z"),
                                  std::string("2026-02-29T12:00:00Z"),
                                  std::string("2026-01-00T12:00:00Z"),
                                  std::string("2026-01-31T24:00:00Z"),
                                  std::string("2026-01-31T12:60:00Z"),
                                  std::string("2026-01-31T12:00:61Z"),
                                  std::string("2026-01-31T+1:00:00Z"),
                                  std::string("Sat, 31 Jan 2026 12:00:00 GMT"),
                                  std::string("\xff")}) {
    EXPECT_EQ(parse_rfc3339(text), std::nullopt) << text;
  }
}

TEST(Rfc3339, IsRefusedWhenItCouldNotBeWrittenAgain) {
  EXPECT_TRUE(parse_rfc3339("9999-12-31T23:59:59Z"));
  EXPECT_TRUE(parse_rfc3339("0000-01-01T00:00:00Z"));
  for (const std::string text :
       {"9999-12-31T23:59:59-00:01", "9999-12-31T23:59:60Z",
        "9999-12-31T23:59:59.5Z", "0000-01-01T00:00:00+00:01"}) {
    EXPECT_EQ(parse_rfc3339(text), std::nullopt) << text;
  }
  EXPECT_EQ(parse_http_date("Fri, 31 Dec 9999 23:59:60 GMT"), std::nullopt);
}

TEST(Rfc3339, IsRefusedWhenCutAnywhere) {
  const std::string text = "2026-01-31T12:00:00.25+02:00";
  ASSERT_TRUE(parse_rfc3339(text));
  for (std::size_t size = 0; size < text.size(); ++size) {
    EXPECT_EQ(parse_rfc3339(text.substr(0, size)), std::nullopt) << size;
  }
}

// More of it in retry_after_test.cpp.
TEST(HttpDate, IsReadAsInRfc9110) {
  EXPECT_EQ(parse_http_date("Sun, 06 Nov 1994 08:49:37 GMT"),
            TimePoint(sys_days(1994y / 11 / 6) + 8h + 49min + 37s));
  EXPECT_EQ(parse_http_date(""), std::nullopt);
}

}  // namespace
}  // namespace acme
