// SPDX-License-Identifier: BSD-2-Clause
#include "acme_core/protocol/account.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

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

TEST(Account, IsReadWithItsContactsAndOrders) {
  const Account account = parse_account(good_account().dump()).value();
  EXPECT_EQ(account.contacts,
            (std::vector<std::string>{"mailto:admin@example.org"}));
  EXPECT_EQ(account.orders, "https://ca.example/orders/1");
  json document = good_account();
  document["contact"] = {7, "mailto:b@example.org", nullptr};
  document["orders"] = "http://ca.example/orders/1";
  const Account other = parse_account(document.dump()).value();
  EXPECT_EQ(other.contacts, (std::vector<std::string>{"mailto:b@example.org"}));
  EXPECT_EQ(other.orders, "");
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

TEST(NewAccountPayload, AsksForAnExistingAccountOnly) {
  EXPECT_EQ(new_account_payload({.contacts = {}, .only_return_existing = true}),
            R"({"onlyReturnExisting":true})");
}

TEST(NewAccountPayload, CarriesTheBindingAsAnObject) {
  EXPECT_EQ(new_account_payload({}, R"({"payload":"p"})"),
            R"({"externalAccountBinding":{"payload":"p"}})");
}

TEST(ContactsPayload, IsOneListEvenWhenEmpty) {
  EXPECT_EQ(contacts_payload({}), R"({"contact":[]})");
  EXPECT_EQ(contacts_payload({"mailto:a\xff@b.c"}),
            "{\"contact\":[\"mailto:a\xef\xbf\xbd@b.c\"]}");
}

TEST(KeyChangePayload, NamesTheAccountAndItsOldKey) {
  const PrivateKey key = PrivateKey::generate(KeyType::kEcdsa256);
  EXPECT_EQ(json::parse(key_change_payload("https://ca.example/acct/1", key)),
            (json{{"account", "https://ca.example/acct/1"},
                  {"oldKey", json::parse(key.jwk())}}));
}

TEST(OrderList, KeepsHttpsUrlsOnly) {
  EXPECT_EQ(parse_order_list(R"({"orders":["https://a/1", 7, null, [],
                "http://a/2", "", "https://a/3"]})"),
            (std::vector<std::string>{"https://a/1", "https://a/3"}));
  EXPECT_EQ(parse_order_list(R"({"orders":[]})"), std::vector<std::string>());
}

TEST(OrderList, IsNothingWithoutAList) {
  const json good{{"orders", {"https://a/1"}}};
  for (const std::string& text : unreadable(good)) {
    EXPECT_FALSE(parse_order_list(text)) << text;
  }
  for (const auto& [member, text] : spoiled(good)) {
    EXPECT_EQ(parse_order_list(text).has_value(), member != "/orders") << text;
  }
  EXPECT_TRUE(parse_order_list("{\"orders\":" + nested(kDeepest) + "}"));
}

}  // namespace
}  // namespace acme
