// SPDX-License-Identifier: BSD-2-Clause
// Times in the words of acmectl.
#include "acmectl/words.h"

#include <gtest/gtest.h>

#include "acmectl/dns_record_text.h"

namespace acmectl {
namespace {

using std::chrono::days;
using std::chrono::hours;
using std::chrono::milliseconds;
using std::chrono::minutes;
using std::chrono::seconds;

constexpr acme::TimePoint kWordsTime =
    std::chrono::sys_days(std::chrono::year(2026) / std::chrono::March / 1);

TEST(Words, DurationsAreInTheLargestUnitThatTwoFitIn) {
  EXPECT_EQ(short_duration(days(45) + hours(23)), "45d");
  EXPECT_EQ(short_duration(hours(47)), "47h");
  EXPECT_EQ(short_duration(minutes(119)), "119m");
  EXPECT_EQ(short_duration(seconds(119)), "119s");
  EXPECT_EQ(short_duration(milliseconds(900)), "0s");
}

TEST(Words, TimesAreSaidFromNow) {
  EXPECT_EQ(when(kWordsTime + days(3), kWordsTime), "in 3d");
  EXPECT_EQ(when(kWordsTime - hours(5), kWordsTime), "5h ago");
  EXPECT_EQ(when(kWordsTime, kWordsTime), "now");
  EXPECT_EQ(when(std::nullopt, kWordsTime), "");
  EXPECT_EQ(date(kWordsTime), "2026-03-01");
  EXPECT_EQ(date_and_when(kWordsTime + days(2), kWordsTime),
            "2026-03-03 00:00:00 UTC (in 2d)");
}

TEST(Words, OneIsNotMany) {
  EXPECT_EQ(counted(1, "certificate"), "1 certificate");
  EXPECT_EQ(counted(0, "certificate"), "0 certificates");
}

TEST(DnsRecordText, IsALineOfAZoneFile) {
  EXPECT_EQ(txt_record("_validation-persist.a.example.",
                       "ca.example; accounturi=https://ca.example/1"),
            "_validation-persist.a.example. 3600 IN TXT "
            "\"ca.example; accounturi=https://ca.example/1\"");
}

TEST(DnsRecordText, LongTextsAreInParts) {
  EXPECT_EQ(txt_record("a.", std::string(255, 'x') + "y\"\\"),
            "a. 3600 IN TXT \"" + std::string(255, 'x') + "\" \"y\\\"\\\\\"");
}

}  // namespace
}  // namespace acmectl
