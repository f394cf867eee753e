// SPDX-License-Identifier: BSD-2-Clause
#include "acme_core/protocol/renewal_info.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <string>

#include "tests/unit/protocol/hostile_json.h"

namespace acme {
namespace {

using namespace std::chrono_literals;
using nlohmann::json;
using std::chrono::sys_days;

// The example of RFC 9773 section 4.2.
json good_info() {
  return {
      {"suggestedWindow",
       {{"start", "2025-01-02T04:00:00Z"}, {"end", "2025-01-03T04:00:00Z"}}},
      {"explanationURL", "https://acme.example.com/docs/ari"}};
}

TEST(RenewalInfo, IsReadWithItsWindow) {
  const RenewalInfo info = parse_renewal_info(good_info().dump()).value();
  EXPECT_EQ(info.start, sys_days(2025y / 1 / 2) + 4h);
  EXPECT_EQ(info.end, sys_days(2025y / 1 / 3) + 4h);
  EXPECT_EQ(info.explanation_url, "https://acme.example.com/docs/ari");
}

TEST(RenewalInfo, NeedsItsWindowAndNothingElse) {
  for (const auto& [member, text] : spoiled(good_info())) {
    const auto info = parse_renewal_info(text);
    ASSERT_EQ(info.has_value(), member == "/explanationURL") << text;
    if (info) {
      EXPECT_EQ(info->explanation_url, "") << text;
    }
  }
}

TEST(RenewalInfo, IsNothingThatIsNoObject) {
  for (const std::string& text : unreadable(good_info())) {
    EXPECT_FALSE(parse_renewal_info(text)) << text;
  }
}

TEST(RenewalInfo, IsRefusedWhenItsWindowEndsBeforeItBegins) {
  json info = good_info();
  for (const char* const end :
       {"2025-01-02T04:00:00Z", "2025-01-02T03:59:59Z",
        "2025-01-02T06:00:00+02:00", "soon", "", "2025-01-32T00:00:00Z"}) {
    info["suggestedWindow"]["end"] = end;
    EXPECT_FALSE(parse_renewal_info(info.dump())) << end;
  }
}

TEST(RenewalInfo, ExplainsItselfByHttpsOnly) {
  json info = good_info();
  info["explanationURL"] = "http://acme.example.com/";
  EXPECT_EQ(parse_renewal_info(info.dump()).value().explanation_url, "");
}

TEST(RenewalInfo, IsReadWhenNestedDeeperThanAStack) {
  std::string text = good_info().dump();
  text.back() = ',';
  EXPECT_TRUE(parse_renewal_info(text + "\"more\":" + nested(kDeepest) + "}"));
}

}  // namespace
}  // namespace acme
