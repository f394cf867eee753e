// SPDX-License-Identifier: BSD-2-Clause
// RFC 3339 times.
#include "acme_core/time_point.h"

#include <gtest/gtest.h>

#include <string>

namespace acme {
namespace {

using namespace std::chrono_literals;

constexpr TimePoint kNoon =
    std::chrono::sys_days(std::chrono::year(2026) / 1 / 31) + 12h;

TEST(ParseRfc3339, ReadsWhatRfc3339Writes) {
  for (const char* text : {"2026-01-31T12:00:00Z", "0000-01-01T00:00:00Z",
                           "9999-12-31T23:59:59Z", "1969-12-31T23:59:59Z"}) {
    const auto time = parse_rfc3339(text);
    ASSERT_TRUE(time) << text;
    EXPECT_EQ(rfc3339(*time), text);
  }
}

TEST(ParseRfc3339, ReadsOffsetsAndFractions) {
  EXPECT_EQ(parse_rfc3339("2026-01-31T12:00:00Z"), kNoon);
  EXPECT_EQ(parse_rfc3339("2026-01-31t12:00:00z"), kNoon);
  EXPECT_EQ(parse_rfc3339("2026-01-31T14:30:00+02:30"), kNoon);
  EXPECT_EQ(parse_rfc3339("2026-01-30T20:00:00-16:00"), kNoon);
  EXPECT_EQ(parse_rfc3339("2026-01-31T12:00:00-00:00"), kNoon);
  EXPECT_EQ(parse_rfc3339("2026-01-31T12:00:00.5Z"), kNoon + 500ms);
  EXPECT_EQ(parse_rfc3339("2026-01-31T12:00:00.0019999Z"), kNoon + 1ms);
  EXPECT_EQ(
      parse_rfc3339("2026-01-31T12:00:00." + std::string(1000, '9') + "Z"),
      kNoon + 999ms);
  EXPECT_EQ(parse_rfc3339("2026-01-31T11:59:60Z"), kNoon);
}

TEST(ParseRfc3339, RefusesEverythingElse) {
  for (const char* text : {"",
                           "2026",
                           "2026-01-31",
                           "2026-01-31T12:00:00",
                           "2026-01-31T12:00Z",
                           "2026-01-31 12:00:00Z",
                           "2026-1-31T12:00:00Z",
                           "2026-02-29T12:00:00Z",
                           "2026-00-31T12:00:00Z",
                           "2026-13-31T12:00:00Z",
                           "2026-01-00T12:00:00Z",
                           "2026-01-31T24:00:00Z",
                           "2026-01-31T12:60:00Z",
                           "2026-01-31T12:00:61Z",
                           "2026-01-31T12:00:00.Z",
                           "2026-01-31T12:00:00,5Z",
                           "2026-01-31T12:00:00+0200",
                           "2026-01-31T12:00:00+24:00",
                           "2026-01-31T12:00:00+02:60",
                           "2026-01-31T12:00:00+2:00",
                           "2026-01-31T12:00:00Z ",
                           " 2026-01-31T12:00:00Z",
                           "-026-01-31T12:00:00Z",
                           "12026-01-31T12:00:00Z",
                           "0000-01-01T00:00:00+00:01",
                           "9999-12-31T23:59:59-00:01",
                           "9999-12-31T23:59:60Z",
                           "2026-01-31T12:00:0:Z"}) {
    EXPECT_EQ(parse_rfc3339(text), std::nullopt) << text;
  }
  EXPECT_EQ(parse_rfc3339(std::string("2026-01-31T12:00:00Z\0", 21)),
            std::nullopt);
}

}  // namespace
}  // namespace acme
