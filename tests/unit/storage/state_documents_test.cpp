// SPDX-License-Identifier: BSD-2-Clause
// The JSON files of the state directory.
#include "acme_core/storage/state_documents.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "tests/support/test_ca.h"

namespace acme {
namespace {

using namespace std::chrono_literals;

TEST(OrderDocument, ComesBackAsItWasWritten) {
  const auto identifiers =
      identifiers_of({"www.example.org", "*.example.org", "2001:db8::1"});
  const std::string text =
      write_order("https://ca.example/order/1", identifiers);
  const auto order = read_order(text);
  ASSERT_TRUE(order);
  EXPECT_EQ(order->order_url, "https://ca.example/order/1");
  EXPECT_EQ(order->identifiers, identifiers);
}

TEST(OrderDocument, UsesTheWordsOfRfc8555) {
  EXPECT_EQ(write_order("https://ca.example/1", identifiers_of({"a.example"})),
            R"({
  "order_url": "https://ca.example/1",
  "identifiers": [
    {
      "type": "dns",
      "value": "a.example"
    }
  ]
}
)");
}

TEST(OrderDocument, MayBeAnIntentWithoutAUrl) {
  const auto order = read_order(write_order("", identifiers_of({"a.example"})));
  ASSERT_TRUE(order);
  EXPECT_EQ(order->order_url, "");
  EXPECT_EQ(order->identifiers, identifiers_of({"a.example"}));
}

TEST(OrderDocument, IsRefusedWhenAnythingIsAmiss) {
  for (const char* text : {
           "",
           "{",
           "[]",
           "null",
           "{}",
           R"({"order_url":"u"})",
           R"({"identifiers":[{"type":"dns","value":"a.b"}]})",
           R"({"order_url":7,"identifiers":[{"type":"dns","value":"a.b"}]})",
           R"({"order_url":"u","identifiers":{}})",
           R"({"order_url":"u","identifiers":[]})",
           R"({"order_url":"u","identifiers":["a.b"]})",
           R"({"order_url":"u","identifiers":[{"value":"a.b"}]})",
           R"({"order_url":"u","identifiers":[{"type":"dns"}]})",
           R"({"order_url":"u","identifiers":[{"type":"ip","value":"a.b"}]})",
           R"({"order_url":"u","identifiers":[{"type":"dns","value":"::1"}]})",
           R"({"order_url":"u","identifiers":[{"type":"dns","value":"a/b"}]})",
       }) {
    EXPECT_FALSE(read_order(text)) << text;
  }
  EXPECT_FALSE(read_order(std::string(500'000, '[')));
}

TEST(AccountDocument, ComesBackAsItWasWritten) {
  const AccountRecord record{{"mailto:a@example.org", "mailto:b@example.org"},
                             "kid-1",
                             {"ca.example", "ca.example.net"},
                             "https://ca.example/account-hash/",
                             "NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs"};
  const AccountRecord read = read_account(write_account(record));
  EXPECT_EQ(read.contacts, record.contacts);
  EXPECT_EQ(read.external_account_kid, "kid-1");
  EXPECT_EQ(read.issuer_domain_names, record.issuer_domain_names);
  EXPECT_EQ(read, record);
  EXPECT_EQ(write_account({}), "{\n  \"contacts\": []\n}\n");
}

TEST(AccountDocument, IsReadLeniently) {
  for (const char* text : {"", "{", "[]", "7", R"({"contacts":7})",
                           R"({"contacts":{},"external_account_kid":[]})"}) {
    EXPECT_TRUE(read_account(text).contacts.empty()) << text;
    EXPECT_EQ(read_account(text).external_account_kid, "") << text;
  }
  EXPECT_EQ(read_account(R"({"contacts":[7,"a\nb",[]]})").contacts,
            std::vector<std::string>{"a?b"});
  std::string many = R"({"contacts":["")";
  for (int i = 0; i < 1000; ++i) {
    many += R"(,"mailto:a@example.org")";
  }
  EXPECT_EQ(read_account(many + "]}").contacts.size(), 100U);
}

TEST(BudgetDocument, RoundsUpSoThatNoLimitPassesTooEarly) {
  const BudgetRecord record{
      {"failures", {}},
      {"orders", {kTestNotBefore, kTestNotBefore + 1ms, kTestNotBefore + 1s}}};
  const std::string text = write_budget(record);
  EXPECT_EQ(text, R"({
  "failures": [],
  "orders": [
    "2026-01-01T00:00:00Z",
    "2026-01-01T00:00:01Z",
    "2026-01-01T00:00:01Z"
  ]
}
)");
  const BudgetRecord read = read_budget(text);
  ASSERT_EQ(read.size(), 1U);
  EXPECT_EQ(read.at("orders"), (std::vector{kTestNotBefore, kTestNotBefore + 1s,
                                            kTestNotBefore + 1s}));
}

TEST(BudgetDocument, IsReadLeniently) {
  for (const char* text : {"", "{", "[]", R"({"orders":7,"other":{}})",
                           R"({"orders":["yesterday",7,null,[]]})"}) {
    EXPECT_TRUE(read_budget(text).empty()) << text;
  }
  EXPECT_EQ(read_budget(R"({"a":["x","2026-01-01T00:00:00.500Z"]})").at("a"),
            std::vector{kTestNotBefore + 500ms});
}

}  // namespace
}  // namespace acme
