// SPDX-License-Identifier: BSD-2-Clause
#include "acme_core/protocol/retry_after.h"

#include <gtest/gtest.h>

#include <optional>
#include <string>

namespace acme {
namespace {

using namespace std::chrono_literals;

// 2026-01-31 12:00:00 UTC, a Saturday.
constexpr TimePoint kNow =
    std::chrono::sys_days(std::chrono::year(2026) / std::chrono::January / 31) +
    12h;

std::optional<TimePoint> read(const std::string& value) {
  HttpResponse response;
  response.headers.emplace("retry-after", value);
  return retry_after(response, kNow);
}

TEST(RetryAfter, IsAbsentWithoutTheField) {
  EXPECT_EQ(retry_after({}, kNow), std::nullopt);
}

TEST(RetryAfter, ReadsSeconds) {
  EXPECT_EQ(read("0"), kNow);
  EXPECT_EQ(read("5"), kNow + 5s);
  EXPECT_EQ(read("0005"), kNow + 5s);
  EXPECT_EQ(read("3600"), kNow + 1h);
  EXPECT_EQ(read("86399"), kNow + 86399s);
}

TEST(RetryAfter, ReadsADate) {
  EXPECT_EQ(read("Sat, 31 Jan 2026 12:00:07 GMT"), kNow + 7s);
  EXPECT_EQ(read("Sun, 01 Feb 2026 00:00:00 GMT"), kNow + 12h);
  // A leap second.
  EXPECT_EQ(read("Sat, 31 Jan 2026 23:59:60 GMT"), kNow + 12h);
}

TEST(RetryAfter, IsNowForAPastDate) {
  EXPECT_EQ(read("Sat, 31 Jan 2026 11:59:59 GMT"), kNow);
  EXPECT_EQ(read("Sun, 06 Nov 1994 08:49:37 GMT"), kNow);
  EXPECT_EQ(read("Sat, 01 Jan 0000 00:00:00 GMT"), kNow);
}

TEST(RetryAfter, IsAtMostADay) {
  for (const char* const value :
       {"86400", "86401", "3153600000", "9223372036854775807",
        "9223372036854775808", "99999999999999999999999999999999999999999",
        "Sun, 01 Feb 2026 12:00:01 GMT", "Sat, 31 Jan 2126 12:00:00 GMT",
        "Fri, 31 Dec 9999 23:59:59 GMT"}) {
    EXPECT_EQ(read(value), kNow + 24h) << value;
  }
}

TEST(RetryAfter, IsAbsentWhenMalformed) {
  for (const std::string& value :
       {std::string(), std::string(" "), std::string("soon"), std::string("-5"),
        std::string("+5"), std::string("5s"), std::string("5.5"),
        std::string("0x10"), std::string("5 "), std::string("5, 6"),
        std::string("5\0", 2), std::string("Sat, 31 Jan 2026 12:00:07"),
        std::string("Sat, 31 Jan 2026 12:00:07 UTC"),
        std::string("Sat, 31 Jan 2026 12:00:07 GMT+1"),
        std::string("Sat, 31 Foo 2026 12:00:07 GMT"),
        std::string("Sat, 31 jan 2026 12:00:07 GMT"),
        std::string("Sat, 31 J 2026 12:00:07 GMT"),
        std::string("Sat, -1 Jan 2026 12:00:07 GMT"),
        std::string("Sat, 31 Jan 2026 -1:00:07 GMT"),
        std::string("Sat, 32 Jan 2026 12:00:07 GMT"),
        std::string("Mon, 30 Feb 2026 12:00:07 GMT"),
        std::string("Sat, 00 Jan 2026 12:00:07 GMT"),
        std::string("Sat, 31 Jan 2026 24:00:00 GMT"),
        std::string("Sat, 31 Jan 2026 12:60:00 GMT"),
        std::string("Sat, 31 Jan 2026 12:00:61 GMT"),
        // What sscanf() took: the format has fixed positions.
        std::string("Sat,31 Jan 2026 12:00:07 GMT"),
        std::string("Sat,  31 Jan 2026 12:00:07 GMT"),
        std::string("Sat, 1 Jan 2026 12:00:07 GMT"),
        std::string("Sat, 31 Jan 26 12:00:07 GMT"),
        std::string("Sat, 31 Jan 2026 1:00:07 GMT"),
        std::string("Sat, 31 Jan 2026 12:+0:07 GMT"),
        std::string("Foo, 31 Jan 2026 12:00:07 GMT"),
        std::string("Saturday, 31-Jan-26 12:00:07 GMT"),
        std::string("Sat Jan 31 12:00:07 2026"),
        std::string("2026-01-31T12:00:07Z"),
        std::string("Sat, 31 Jan 2026 12:00:07 GMT\0", 30)}) {
    EXPECT_EQ(read(value), std::nullopt) << value;
  }
}

TEST(RetryAfter, IsAbsentForADateCutAnywhere) {
  const std::string date = "Sat, 31 Jan 2026 12:00:07 GMT";
  for (std::size_t size = 0; size < date.size(); ++size) {
    EXPECT_EQ(read(date.substr(0, size)), std::nullopt) << size;
  }
}

}  // namespace
}  // namespace acme
