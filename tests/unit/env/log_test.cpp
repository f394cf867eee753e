// SPDX-License-Identifier: BSD-2-Clause
// Log lines: their subject, and foreign text in them.
#include "acme_core/env/log.h"

#include <gtest/gtest.h>

#include "tests/support/recording_logger.h"

namespace acme {
namespace {

TEST(EventLog, NamesIssuerAndCertificateInEveryLine) {
  RecordingLogger logger;
  const EventLog log(logger, "letsencrypt");
  log.notice("using account 7");
  log.for_certificate("www.example.com").warn("trying again");
  ASSERT_EQ(logger.lines().size(), 2U);
  EXPECT_EQ(
      logger.lines()[0],
      (RecordingLogger::Line{LogLevel::kNotice,
                             "acme: issuer \"letsencrypt\": using account 7"}));
  EXPECT_EQ(logger.lines()[1],
            (RecordingLogger::Line{LogLevel::kWarn,
                                   "acme: issuer \"letsencrypt\", certificate "
                                   "\"www.example.com\": trying again"}));
}

TEST(EventLog, PassesEveryLevelOn) {
  RecordingLogger logger;
  const EventLog log(logger, "x");
  log.debug("");
  log.info("");
  log.notice("");
  log.warn("");
  log.error("");
  ASSERT_EQ(logger.lines().size(), 5U);
  EXPECT_EQ(logger.lines().front().level, LogLevel::kDebug);
  EXPECT_EQ(logger.lines().back().level, LogLevel::kError);
  EXPECT_EQ(logger.count_from(LogLevel::kWarn), 2U);
}

TEST(EventLog, SaysNothingThatWouldForgeALine) {
  RecordingLogger logger;
  const EventLog log(logger, "ca");
  log.warn("the CA says: a\nb\x1b[31m");
  log.warn(std::string(100'000, 'x'));
  EXPECT_EQ(logger.lines().front().text,
            "acme: issuer \"ca\": the CA says: a?b?[31m");
  EXPECT_LT(logger.lines().back().text.size(), 9000U);
}

TEST(Printable, KeepsOrdinaryTextInAnyLanguage) {
  EXPECT_EQ(printable("Grüße, 世界 🙂 ~"), "Grüße, 世界 🙂 ~");
  EXPECT_EQ(printable(""), "");
}

TEST(Printable, LeavesNoWayToForgeALineOrDriveATerminal) {
  EXPECT_EQ(printable("a\nb\rc\td\x1b[31m\x7f"), "a?b?c?d?[31m?");
  EXPECT_EQ(printable(std::string_view("a\0b", 3)), "a?b");
  // U+0085, "next line", a control character of C1.
  EXPECT_EQ(printable("a\xc2\x85"
                      "b\xc2\xa0"),
            "a?b\xc2\xa0");
}

TEST(Printable, ReplacesEachByteOfMalformedUtf8) {
  EXPECT_EQ(printable("\x80"), "?");
  EXPECT_EQ(printable("\xc0\xaf"), "??");            // overlong "/"
  EXPECT_EQ(printable("\xe0\x80\xaf"), "???");       // overlong
  EXPECT_EQ(printable("\xf0\x80\x80\xaf"), "????");  // overlong
  EXPECT_EQ(printable("\xed\xa0\x80"), "???");       // a surrogate
  EXPECT_EQ(printable("\xf4\x90\x80\x80"), "????");  // beyond U+10FFFF
  EXPECT_EQ(printable("\xff\xfe"), "??");
  EXPECT_EQ(printable("\xe4\xb8"), "??");  // cut short
  EXPECT_EQ(printable("\xe4\xb8x"), "??x");
}

TEST(Printable, CutsBetweenCharacters) {
  EXPECT_EQ(printable("abcdef", 3), "abc");
  EXPECT_EQ(printable("ab\xc3\xbc", 3), "ab");
  EXPECT_EQ(printable("ab\xc3\xbc", 4), "ab\xc3\xbc");
  EXPECT_EQ(printable(std::string(5000, 'x')).size(), 1024U);
}

}  // namespace
}  // namespace acme
