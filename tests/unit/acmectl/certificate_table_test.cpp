// SPDX-License-Identifier: BSD-2-Clause
// Certificates in a terminal's 80 columns, and in fewer.
#include "acmectl/certificate_table.h"

#include <gmock/gmock.h>

#include <clocale>

#include "acmectl/text_width.h"

namespace acmectl {
namespace {

using acme::CertificateState;
using std::chrono::days;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

constexpr acme::TimePoint kNow =
    std::chrono::sys_days(std::chrono::year(2026) / std::chrono::March / 1);

class CertificateTableTest : public testing::Test {
 protected:
  CertificateTableTest() { std::setlocale(LC_CTYPE, "C.UTF-8"); }

  static acme::CertificateStatus certificate(const std::string& name,
                                             CertificateState state) {
    acme::CertificateStatus status;
    status.id = name;
    status.name = name;
    status.names = {name};
    status.state = state;
    status.issuer = "letsencrypt";
    status.key = "ecdsa:256";
    status.not_after = kNow + days(60);
    status.renew_at = kNow + days(30);
    return status;
  }

  static std::vector<std::string> lines(
      const std::vector<acme::CertificateStatus>& certificates,
      std::size_t width) {
    return certificate_lines(certificates, kNow, {.width = width});
  }
};

TEST_F(CertificateTableTest, AllThatMattersFitsEightyColumns) {
  auto several = certificate("a.example", CertificateState::kFailing);
  several.names = {"a.example", "b.example", "c.example"};
  EXPECT_THAT(
      lines({certificate("www.example.com", CertificateState::kValid), several},
            80),
      ElementsAre(
          "NAME             STATE    EXPIRES  ISSUER       RENEWAL  KEY",
          "www.example.com  valid    in 60d   letsencrypt  in 30d   ecdsa:256",
          "a.example +2     failing  in 60d   letsencrypt  in 30d   "
          "ecdsa:256"));
}

TEST_F(CertificateTableTest, OnFortyColumnsTheNameAndStateStay) {
  EXPECT_THAT(lines({certificate("a-rather-long-name.shop.example.com",
                                 CertificateState::kExpiring)},
                    40),
              ElementsAre("NAME                   STATE     EXPIRES",
                          "a-rather-long-name.s…  expiring  in 60d"));
}

TEST_F(CertificateTableTest, NoNameIsTooLongOrTooForeign) {
  auto odd = certificate(std::string(253, 'x'), CertificateState::kExpiring);
  odd.issuer = "発行者発行者発行者発行者発行者発行者";
  for (std::size_t width = 20; width <= 200; ++width) {
    for (const std::string& line : lines({odd}, width)) {
      EXPECT_LE(text_width(line), width) << line;
    }
  }
}

TEST_F(CertificateTableTest, WideShowsEveryName) {
  auto many = certificate("a.example", CertificateState::kValid);
  many.names.clear();
  for (int i = 0; i < 100; ++i) {
    many.names.push_back("n" + std::to_string(i) + ".example");
  }
  many.serial = "0badcafe";
  const auto wide = certificate_lines({many}, kNow, {.is_wide = true});
  EXPECT_THAT(wide.at(1), HasSubstr("n99.example"));
  EXPECT_THAT(wide.at(1), HasSubstr("2026-04-30"));
  EXPECT_THAT(wide.at(1), HasSubstr("0badcafe"));
}

TEST_F(CertificateTableTest, WhatNeedsAPersonIsSaidInWords) {
  auto failing = certificate("a.example", CertificateState::kFailing);
  failing.reason = "the CA refused the order";
  failing.cure = "change its CAA record";
  const auto fine = certificate("b.example", CertificateState::kValid);
  EXPECT_THAT(
      attention_lines({failing, fine}, {.width = 40}),
      ElementsAre("Needs a person:", "a.example: the CA refused the order",
                  "  change its CAA record"));
  EXPECT_THAT(attention_lines({fine}, {}), IsEmpty());
}

TEST_F(CertificateTableTest, TheSummaryCountsStates) {
  EXPECT_EQ(summary({certificate("a", CertificateState::kFailing),
                     certificate("b", CertificateState::kValid),
                     certificate("c", CertificateState::kValid)}),
            "3 certificates: 2 valid, 1 failing");
}

}  // namespace
}  // namespace acmectl
