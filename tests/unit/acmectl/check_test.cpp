// SPDX-License-Identifier: BSD-2-Clause
// What a monitoring system is told.
#include "acmectl/check.h"

#include <gmock/gmock.h>

namespace acmectl {
namespace {

using acme::CertificateState;
using std::chrono::days;
using testing::HasSubstr;
using testing::MatchesRegex;
using testing::Not;

constexpr acme::TimePoint kCheckTime =
    std::chrono::sys_days(std::chrono::year(2026) / std::chrono::March / 1);

acme::CertificateStatus certificate(const std::string& name, days left,
                                    CertificateState state,
                                    days lifetime = days(90)) {
  acme::CertificateStatus status;
  status.name = name;
  status.state = state;
  status.not_after = kCheckTime + left;
  status.not_before = *status.not_after - lifetime;
  return status;
}

Verdict verdict(const std::vector<acme::CertificateStatus>& certificates,
                const CheckLimits& limits = {}) {
  return judge(certificates, std::nullopt, limits, kCheckTime);
}

TEST(Check, IsFineWhenNothingIsNear) {
  const Verdict fine =
      verdict({certificate("a.example", days(60), CertificateState::kValid)});
  EXPECT_EQ(fine.code, kCheckOk);
  EXPECT_EQ(fine.line,
            "ACME OK - 1 certificate | certificates=1;;;0 warning=0;;;0 "
            "critical=0;;;0 least_left=5184000s");
}

TEST(Check, LooksAtThePartOfTheLifetimeThatIsLeft) {
  const auto left = [](days time, days lifetime) {
    return verdict({certificate("a.example", time, CertificateState::kValid,
                                lifetime)})
        .code;
  };
  EXPECT_EQ(left(days(23), days(90)), kCheckOk);
  EXPECT_EQ(left(days(22), days(90)), kCheckWarning);
  EXPECT_EQ(left(days(8), days(90)), kCheckCritical);
  EXPECT_EQ(left(days(2), days(6)), kCheckOk);
}

TEST(Check, TakesTimesAsWell) {
  CheckLimits limits;
  limits.warning = *read_threshold("14d");
  limits.critical = *read_threshold("7");
  const auto left = [&](days time) {
    return verdict({certificate("a.example", time, CertificateState::kValid)},
                   limits)
        .code;
  };
  EXPECT_EQ(left(days(14)), kCheckOk);
  EXPECT_EQ(left(days(13)), kCheckWarning);
  EXPECT_EQ(left(days(6)), kCheckCritical);
}

TEST(Check, NamesTheWorstFirst) {
  const Verdict bad = verdict(
      {certificate("a.example", days(60), CertificateState::kFailing),
       certificate("b.example", days(-1), CertificateState::kExpired),
       certificate("c.example", days(60), CertificateState::kFallback)});
  EXPECT_EQ(bad.code, kCheckCritical);
  EXPECT_THAT(bad.line,
              HasSubstr("ACME CRITICAL - b.example has expired, c.example has "
                        "no certificate, a.example cannot be renewed, expires "
                        "in 60d | certificates=3;;;0 warning=1;;;0 "
                        "critical=2;;;0"));
}

TEST(Check, StaysOneLineWhateverNamesThereAre) {
  std::vector<acme::CertificateStatus> many;
  for (int i = 0; i < 100; ++i) {
    many.push_back(certificate("x|\ny", days(1), CertificateState::kExpiring));
  }
  const std::string line = verdict(many).line;
  EXPECT_THAT(line, HasSubstr("and 95 more"));
  EXPECT_THAT(line, Not(HasSubstr("\n")));
  EXPECT_EQ(std::count(line.begin(), line.end(), '|'), 1);
}

TEST(Check, IsCriticalWithoutTheHelper) {
  acme::ProcessStatus process;
  const Verdict bad = judge({}, process, {}, kCheckTime);
  EXPECT_EQ(bad.code, kCheckCritical);
  EXPECT_THAT(bad.line, HasSubstr("helper process does not run"));
}

TEST(Check, LeavesOutWhatNobodyUses) {
  EXPECT_EQ(
      verdict({certificate("a.example", days(-9), CertificateState::kOrphan)})
          .code,
      kCheckOk);
}

TEST(Check, ReadsPartsAndTimes) {
  EXPECT_EQ(read_threshold("0.33")->part, 0.33);
  EXPECT_EQ(read_threshold("36h")->time, std::chrono::hours(36));
  EXPECT_EQ(read_threshold("14")->time, days(14));
  for (const char* text : {"", "1.5", "-0.1", "x", "0.3x", "14x", "nan."}) {
    EXPECT_FALSE(read_threshold(text)) << text;
  }
}

}  // namespace
}  // namespace acmectl
