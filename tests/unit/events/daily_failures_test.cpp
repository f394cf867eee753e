// SPDX-License-Identifier: BSD-2-Clause
// Of failures, the first is told, and then one a day.
#include "acme_core/events/daily_failures.h"

#include <gtest/gtest.h>

#include "tests/unit/events/event_fixture.h"

namespace acme {
namespace {

using namespace std::chrono_literals;

TEST(DailyFailures, TellsTheFirstAndThenOneADay) {
  DailyFailures failures;
  EXPECT_TRUE(failures.is_news(failed(), kNewYear));
  EXPECT_FALSE(failures.is_news(failed(), kNewYear + 1min));
  EXPECT_FALSE(failures.is_news(failed(), kNewYear + 23h));
  EXPECT_TRUE(failures.is_news(failed(), kNewYear + 24h));
  EXPECT_FALSE(failures.is_news(failed(), kNewYear + 25h));
}

TEST(DailyFailures, KeepsCertificatesAndIssuersApart) {
  DailyFailures failures;
  Event of_issuer = failed();
  of_issuer.certificate.clear();
  of_issuer.storage_name.clear();
  EXPECT_TRUE(failures.is_news(failed("a.example"), kNewYear));
  EXPECT_TRUE(failures.is_news(failed("b.example"), kNewYear));
  EXPECT_TRUE(failures.is_news(of_issuer, kNewYear));
  EXPECT_FALSE(failures.is_news(of_issuer, kNewYear));
}

TEST(DailyFailures, BeginsAnewAfterASuccess) {
  for (const EventKind kind :
       {EventKind::kIssued, EventKind::kRenewed, EventKind::kRecovered}) {
    DailyFailures failures;
    EXPECT_TRUE(failures.is_news(failed(), kNewYear));
    Event success = renewed();
    success.kind = kind;
    EXPECT_TRUE(failures.is_news(success, kNewYear));
    EXPECT_TRUE(failures.is_news(failed(), kNewYear));
  }
}

TEST(DailyFailures, HoldsNothingElseBack) {
  DailyFailures failures;
  Event expiring = failed();
  expiring.kind = EventKind::kExpiring;
  EXPECT_TRUE(failures.is_news(failed(), kNewYear));
  EXPECT_TRUE(failures.is_news(expiring, kNewYear));
  EXPECT_TRUE(failures.is_news(expiring, kNewYear));
  EXPECT_FALSE(failures.is_news(failed(), kNewYear));
}

TEST(DailyFailures, OutliveARestart) {
  DailyFailures before;
  EXPECT_TRUE(before.is_news(failed("old.example"), kNewYear - 25h));
  EXPECT_TRUE(before.is_news(failed(), kNewYear));
  EXPECT_TRUE(before.is_changed());
  const std::string text = before.write(kNewYear);
  EXPECT_EQ(text.find("old.example"), std::string::npos);

  DailyFailures after;
  after.read(text);
  EXPECT_FALSE(after.is_changed());
  EXPECT_FALSE(after.is_news(failed(), kNewYear + 1h));
  EXPECT_TRUE(after.is_news(failed(), kNewYear + 24h));
}

TEST(DailyFailures, TellWhenAFileIsDamagedOrTheClockWasSet) {
  for (const std::string text :
       {"", "[1]", "{\"www.example.com-0123456789abcdef\": 7}", "{"}) {
    DailyFailures failures;
    failures.read(text);
    EXPECT_TRUE(failures.is_news(failed(), kNewYear)) << text;
  }
  DailyFailures failures;
  EXPECT_TRUE(failures.is_news(failed(), kNewYear + 24h));
  EXPECT_TRUE(failures.is_news(failed(), kNewYear)) << "the clock went back";
}

}  // namespace
}  // namespace acme
