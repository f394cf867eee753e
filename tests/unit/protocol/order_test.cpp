// SPDX-License-Identifier: BSD-2-Clause
#include "acme_core/protocol/order.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <nlohmann/json.hpp>
#include <string>

#include "tests/unit/protocol/hostile_json.h"

namespace acme {
namespace {

using nlohmann::json;

constexpr auto kDns = Identifier::Type::kDns;
constexpr auto kIp = Identifier::Type::kIp;

json good_order() {
  return {{"status", "invalid"},
          {"expires", "2026-01-20T14:09:07.99Z"},
          {"notBefore", "2026-01-01T00:00:00Z"},
          {"notAfter", "2026-04-01T02:00:00+02:00"},
          {"profile", "short"},
          {"identifiers",
           {{{"type", "dns"}, {"value", "www.example.org"}},
            {{"type", "ip"}, {"value", "192.0.2.1"}}}},
          {"authorizations",
           {"https://ca.example/authz/1", "https://ca.example/authz/2"}},
          {"finalize", "https://ca.example/finalize/1"},
          {"certificate", "https://ca.example/certificate/1"},
          {"error",
           {{"type", "urn:ietf:params:acme:error:caa"}, {"detail", "no"}}}};
}

bool is_optional(const std::string& member) {
  return member == "/expires" || member == "/notBefore" ||
         member == "/notAfter" || member == "/profile" ||
         member == "/certificate" || member.starts_with("/error");
}

TEST(Order, IsReadWithAllItsMembers) {
  const Order order = parse_order(good_order().dump()).value();
  EXPECT_EQ(order.status, Order::Status::kInvalid);
  EXPECT_THAT(order.identifiers,
              testing::ElementsAre(Identifier{kDns, "www.example.org"},
                                   Identifier{kIp, "192.0.2.1"}));
  EXPECT_THAT(order.authorizations,
              testing::ElementsAre("https://ca.example/authz/1",
                                   "https://ca.example/authz/2"));
  EXPECT_EQ(order.finalize, "https://ca.example/finalize/1");
  EXPECT_EQ(order.certificate, "https://ca.example/certificate/1");
  EXPECT_EQ(order.error.value().type, "caa");
  EXPECT_EQ(order.profile, "short");
  using namespace std::chrono;
  EXPECT_EQ(order.expires, sys_days(2026y / 1 / 20) + 14h + 9min + 7990ms);
  EXPECT_EQ(order.not_before, TimePoint(sys_days(2026y / 1 / 1)));
  EXPECT_EQ(order.not_after, TimePoint(sys_days(2026y / 4 / 1)));
  EXPECT_EQ(order.url, "");
}

TEST(Order, IsReadInEveryStatusOfTheRfc) {
  const std::map<std::string, Order::Status> statuses{
      {"pending", Order::Status::kPending},
      {"ready", Order::Status::kReady},
      {"processing", Order::Status::kProcessing},
      {"valid", Order::Status::kValid},
      {"invalid", Order::Status::kInvalid}};
  json document = good_order();
  for (const auto& [text, status] : statuses) {
    document["status"] = text;
    EXPECT_EQ(parse_order(document.dump()).value().status, status) << text;
  }
}

TEST(Order, IsRefusedInAnyOtherStatus) {
  json document = good_order();
  for (const char* const status : {"", "Ready", "ready ", "revoked", "done"}) {
    document["status"] = status;
    EXPECT_FALSE(parse_order(document.dump())) << status;
  }
}

TEST(Order, IsNothingThatIsNoObject) {
  for (const std::string& text : unreadable(good_order())) {
    EXPECT_FALSE(parse_order(text)) << text;
  }
}

TEST(Order, IsRefusedWithoutARequiredMemberAndDoesWithoutTheOthers) {
  for (const auto& [member, text] : spoiled(good_order())) {
    const auto order = parse_order(text);
    // Without any authorizations there are none to ask about.
    const json document = json::parse(text);
    const bool has_none = !document.contains("authorizations") ||
                          document.at("authorizations").is_null();
    ASSERT_EQ(order.has_value(),
              is_optional(member) || (member == "/authorizations" && has_none))
        << text;
    if (order) {
      EXPECT_EQ(order->certificate.empty(), member == "/certificate") << text;
      if (member == "/profile") {
        EXPECT_EQ(order->profile, "") << text;
      }
      EXPECT_EQ(order->expires.has_value(), member != "/expires") << text;
      EXPECT_EQ(order->not_after.has_value(), member != "/notAfter") << text;
      EXPECT_EQ(order->error.value_or(Problem{}).type,
                member == "/error" || member == "/error/type" ? "" : "caa")
          << text;
    }
  }
}

TEST(Order, HasNoErrorWhenThatIsNoObject) {
  json document = good_order();
  for (const json& error : {json(), json("text"), json(7), json::array()}) {
    document["error"] = error;
    EXPECT_FALSE(parse_order(document.dump()).value().error) << error;
  }
}

TEST(Order, IsRefusedWithAUrlThatIsNotHttps) {
  for (const char* const url :
       {"http://ca.example/1", "", "/finalize/1", "file:///etc/passwd"}) {
    json document = good_order();
    document["finalize"] = url;
    EXPECT_FALSE(parse_order(document.dump())) << url;
    document = good_order();
    document["authorizations"][1] = url;
    EXPECT_FALSE(parse_order(document.dump())) << url;
    document = good_order();
    document["certificate"] = url;
    EXPECT_EQ(parse_order(document.dump()).value().certificate, "") << url;
  }
}

TEST(Order, IsRefusedWithANameThatCannotBeRead) {
  for (const json& identifier :
       {json{{"type", "dns"}, {"value", "not a name"}},
        json{{"type", "dns"}, {"value", ""}},
        json{{"type", "dns"}, {"value", std::string("a.example\0b", 11)}},
        json{{"type", "dns"}, {"value", "192.0.2.1"}},
        json{{"type", "ip"}, {"value", "www.example.org"}},
        json{{"type", "email"}, {"value", "www.example.org"}}}) {
    json document = good_order();
    document["identifiers"].push_back(identifier);
    EXPECT_FALSE(parse_order(document.dump())) << identifier;
  }
}

TEST(Order, IsReadWhenNestedDeeperThanAStack) {
  std::string text = good_order().dump();
  text.back() = ',';
  EXPECT_TRUE(parse_order(text + "\"more\":" + nested(kDeepest) + "}"));
}

TEST(Order, IsReadWithAnErrorNestedDeeperThanAStack) {
  json document = good_order();
  document.erase("error");
  std::string text = document.dump();
  text.back() = ',';
  const auto order = parse_order(text + R"("error":{"detail":"no","more":)" +
                                 nested(kDeepest) + "}}");
  ASSERT_TRUE(order);
  EXPECT_EQ(order->error.value().detail, "no");
}

TEST(NewOrderPayload, NamesEachIdentifierWithItsType) {
  EXPECT_EQ(json::parse(new_order_payload(
                {{{kDns, "*.example.org"}, {kIp, "2001:db8::1"}}})),
            (json{{"identifiers",
                   {{{"type", "dns"}, {"value", "*.example.org"}},
                    {{"type", "ip"}, {"value", "2001:db8::1"}}}}}));
}

TEST(NewOrderPayload, CarriesWhatElseIsAskedFor) {
  const TimePoint start =
      std::chrono::sys_days(std::chrono::year(2026) / 1 / 1);
  const json payload = json::parse(
      new_order_payload({.identifiers = {},
                         .profile = "short\xff",
                         .replaces = "a.b",
                         .not_before = start,
                         .not_after = start + std::chrono::hours(1)}));
  EXPECT_EQ(payload, (json{{"identifiers", json::array()},
                           {"profile", "short\xef\xbf\xbd"},
                           {"replaces", "a.b"},
                           {"notBefore", "2026-01-01T00:00:00Z"},
                           {"notAfter", "2026-01-01T01:00:00Z"}}));
}

TEST(NewAuthorizationPayload, NamesTheIdentifier) {
  EXPECT_EQ(json::parse(new_authorization_payload({kIp, "192.0.2.1"})),
            (json{{"identifier", {{"type", "ip"}, {"value", "192.0.2.1"}}}}));
}

TEST(FinalizePayload, CarriesTheRequestInBase64url) {
  EXPECT_EQ(finalize_payload({0xfb, 0xff, 0x00}), R"({"csr":"-_8A"})");
}

}  // namespace
}  // namespace acme
