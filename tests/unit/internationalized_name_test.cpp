// SPDX-License-Identifier: BSD-2-Clause
#include "acme_core/internationalized_name.h"

#include <gtest/gtest.h>

#include <optional>

namespace acme {
namespace {

TEST(InternationalizedName, HasItsFormInCertificates) {
  EXPECT_EQ(to_ascii("b\u00fccher.example"), "xn--bcher-kva.example");
  EXPECT_EQ(to_ascii("*.m\u00fcnchen.de"), "*.xn--mnchen-3ya.de");
  EXPECT_EQ(to_ascii("\u4f8b\u3048.jp"), "xn--r8jz45g.jp");
}

// nginx lowers the ASCII ones alone.
TEST(InternationalizedName, IsTheSameInCapitals) {
  EXPECT_EQ(to_ascii("B\u00dcCHER.example"), "xn--bcher-kva.example");
  EXPECT_EQ(to_ascii("\u0391\u0392.gr"), to_ascii("\u03b1\u03b2.gr"));
}

// "u" and a combining diaeresis.
TEST(InternationalizedName, IsTheSameHoweverItsAccentsAreWritten) {
  EXPECT_EQ(to_ascii("bu\u0308cher.example"), "xn--bcher-kva.example");
}

TEST(InternationalizedName, IsLeftAloneInAscii) {
  EXPECT_EQ(to_ascii("www.example.com"), "www.example.com");
}

TEST(InternationalizedName, IsNoneWhenItIsNotUtf8) {
  EXPECT_EQ(to_ascii("b\xfc"
                     "cher.example"),
            std::nullopt);
  EXPECT_EQ(to_ascii("b\xc3"), std::nullopt);
}

}  // namespace
}  // namespace acme
