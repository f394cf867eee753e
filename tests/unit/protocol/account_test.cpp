// SPDX-License-Identifier: BSD-2-Clause
#include "acme_core/protocol/account.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <string>

#include "tests/unit/protocol/hostile_json.h"

namespace acme {
namespace {

using nlohmann::json;

json good_account() {
  return {{"status", "valid"},
          {"contact", {"mailto:admin@example.org"}},
          {"termsOfServiceAgreed", true},
          {"orders", "https://ca.example/orders/1"}};
}

TEST(Account, IsReadInEveryStatusOfTheRfc) {
  const auto status = [](const char* text) {
    return parse_account(json{{"status", text}}.dump()).value().status;
  };
  EXPECT_EQ(status("valid"), Account::Status::kValid);
  EXPECT_EQ(status("deactivated"), Account::Status::kDeactivated);
  EXPECT_EQ(status("revoked"), Account::Status::kRevoked);
}

TEST(Account, IsRefusedInAnyOtherStatus) {
  for (const char* const status :
       {"", "Valid", "valid ", "pending", "expired"}) {
    EXPECT_FALSE(parse_account(json{{"status", status}}.dump())) << status;
  }
}

TEST(Account, HasNoUrlFromItsDocument) {
  json document = good_account();
  document["url"] = "https://evil.example/";
  EXPECT_EQ(parse_account(document.dump()).value().url, "");
}

TEST(Account, IsNothingThatIsNoObject) {
  for (const std::string& text : unreadable(good_account())) {
    EXPECT_FALSE(parse_account(text)) << text;
  }
}

TEST(Account, NeedsItsStatusAndNothingElse) {
  for (const auto& [member, text] : spoiled(good_account())) {
    EXPECT_EQ(parse_account(text).has_value(), member != "/status") << text;
  }
}

TEST(Account, IsReadWhenNestedDeeperThanAStack) {
  EXPECT_TRUE(parse_account(R"({"status":"valid","contact":)" +
                            nested(kDeepest) + "}"));
}

TEST(NewAccountPayload, IsTheEmptyObjectWithoutContactsAndConsent) {
  EXPECT_EQ(new_account_payload({}), "{}");
}

TEST(NewAccountPayload, CarriesContactsInOrderAndConsent) {
  EXPECT_EQ(
      json::parse(new_account_payload(
          {.contacts = {"mailto:b@example.org", "mailto:\"a\"@example.org"},
           .terms_of_service_agreed = true})),
      (json{{"contact", {"mailto:b@example.org", "mailto:\"a\"@example.org"}},
            {"termsOfServiceAgreed", true}}));
}

TEST(NewAccountPayload, DoesNotSayThatTermsWereRefused) {
  EXPECT_FALSE(json::parse(new_account_payload({.contacts = {"mailto:a@b.c"}}))
                   .contains("termsOfServiceAgreed"));
}

}  // namespace
}  // namespace acme
