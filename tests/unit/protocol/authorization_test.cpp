// SPDX-License-Identifier: BSD-2-Clause
#include "acme_core/protocol/authorization.h"

#include <gtest/gtest.h>

#include <map>
#include <nlohmann/json.hpp>
#include <string>

#include "tests/unit/protocol/hostile_json.h"

namespace acme {
namespace {

using nlohmann::json;

json good_authorization() {
  return {{"status", "pending"},
          {"identifier", {{"type", "dns"}, {"value", "www.example.org"}}},
          {"wildcard", true},
          {"challenges",
           {{{"type", "http-01"},
             {"url", "https://ca.example/challenge/1"},
             {"status", "invalid"},
             {"token", "DGyRejmCefe7v4NfDGDKfA"},
             {"error",
              {{"type", "urn:ietf:params:acme:error:connection"},
               {"detail", "timeout"}}}},
            {{"type", "dns-01"},
             {"url", "https://ca.example/challenge/2"},
             {"status", "pending"},
             {"token", "other"}}}}};
}

Authorization parsed(const json& document) {
  return parse_authorization(document.dump()).value();
}

// The good document with its first challenge changed.
json with_challenge(const char* member, const json& value) {
  json document = good_authorization();
  document["challenges"][0][member] = value;
  return document;
}

TEST(Authorization, IsReadWithItsChallenges) {
  const Authorization authorization = parsed(good_authorization());
  EXPECT_EQ(authorization.identifier,
            (Identifier{Identifier::Type::kDns, "www.example.org"}));
  EXPECT_TRUE(authorization.wildcard);
  EXPECT_EQ(authorization.status, Authorization::Status::kPending);
  ASSERT_EQ(authorization.challenges.size(), 2U);
  const Challenge& challenge = authorization.challenges[0];
  EXPECT_EQ(challenge.type, "http-01");
  EXPECT_EQ(challenge.url, "https://ca.example/challenge/1");
  EXPECT_EQ(challenge.token, "DGyRejmCefe7v4NfDGDKfA");
  EXPECT_EQ(challenge.status, Challenge::Status::kInvalid);
  EXPECT_EQ(challenge.error.value().detail, "timeout");
  EXPECT_FALSE(authorization.challenges[1].error);
}

TEST(Authorization, FindsAChallengeByItsType) {
  const Authorization authorization = parsed(good_authorization());
  EXPECT_EQ(authorization.find("dns-01"), &authorization.challenges[1]);
  EXPECT_EQ(authorization.find("tls-alpn-01"), nullptr);
  EXPECT_EQ(authorization.find(""), nullptr);
}

TEST(Authorization, KnowsWhyItFailedWhenTheCaSaidSo) {
  EXPECT_EQ(parsed(good_authorization()).failure()->type, "connection");
  json document = good_authorization();
  document["challenges"][0].erase("error");
  EXPECT_EQ(parsed(document).failure(), nullptr);
}

TEST(Authorization, IsReadInEveryStatusOfTheRfc) {
  using Status = Authorization::Status;
  const std::map<std::string, Status> statuses{
      {"pending", Status::kPending}, {"valid", Status::kValid},
      {"invalid", Status::kInvalid}, {"deactivated", Status::kDeactivated},
      {"expired", Status::kExpired}, {"revoked", Status::kRevoked}};
  json document = good_authorization();
  for (const auto& [text, status] : statuses) {
    document["status"] = text;
    EXPECT_EQ(parsed(document).status, status) << text;
  }
}

TEST(Authorization, IsRefusedInAnyOtherStatus) {
  json document = good_authorization();
  for (const char* const status : {"", "Valid", "ready", "processing"}) {
    document["status"] = status;
    EXPECT_FALSE(parse_authorization(document.dump())) << status;
  }
}

TEST(Authorization, IsNothingThatIsNoObject) {
  for (const std::string& text : unreadable(good_authorization())) {
    EXPECT_FALSE(parse_authorization(text)) << text;
  }
}

TEST(Authorization, IsRefusedWithoutARequiredMemberAndDoesWithoutTheOthers) {
  for (const auto& [member, text] : spoiled(good_authorization())) {
    const bool required = member == "/status" ||
                          member.starts_with("/identifier") ||
                          member == "/challenges";
    const auto authorization = parse_authorization(text);
    ASSERT_EQ(authorization.has_value(), !required) << text;
    if (authorization) {
      EXPECT_EQ(authorization->wildcard, member != "/wildcard") << text;
    }
  }
}

TEST(Authorization, PassesOverAChallengeThatCannotBeRead) {
  for (const auto& [member, text] : spoiled(good_authorization())) {
    if (!member.starts_with("/challenges/0")) {
      continue;
    }
    const Authorization authorization = parse_authorization(text).value();
    const bool required =
        member == "/challenges/0" || member == "/challenges/0/type" ||
        member == "/challenges/0/url" || member == "/challenges/0/status";
    EXPECT_EQ(authorization.challenges.size(), required ? 1U : 2U) << text;
    ASSERT_NE(authorization.find("dns-01"), nullptr) << text;
    const Challenge* const http = authorization.find("http-01");
    ASSERT_EQ(http == nullptr, required) << text;
    if (http != nullptr) {
      EXPECT_EQ(http->token.empty(), member == "/challenges/0/token") << text;
    }
  }
}

TEST(Authorization, PassesOverAChallengeInAnUnknownStatus) {
  for (const char* const status : {"", "Pending", "ready", "expired"}) {
    EXPECT_EQ(parsed(with_challenge("status", status)).find("http-01"), nullptr)
        << status;
  }
}

TEST(Authorization, ReadsAChallengeInEveryStatusOfTheRfc) {
  using Status = Challenge::Status;
  const std::map<std::string, Status> statuses{
      {"pending", Status::kPending},
      {"processing", Status::kProcessing},
      {"valid", Status::kValid},
      {"invalid", Status::kInvalid}};
  for (const auto& [text, status] : statuses) {
    EXPECT_EQ(parsed(with_challenge("status", text)).challenges[0].status,
              status)
        << text;
  }
}

TEST(Authorization, PassesOverAChallengeWhoseUrlIsNotHttps) {
  for (const char* const url : {"http://ca.example/1", "", "/challenge/1"}) {
    EXPECT_EQ(parsed(with_challenge("url", url)).find("http-01"), nullptr)
        << url;
  }
}

// It becomes part of a path, and of what we serve.
TEST(Authorization, TakesNoTokenThatIsNotBase64url) {
  for (const std::string& token :
       {std::string("../../etc/passwd"), std::string("a b"), std::string("a="),
        std::string("a\r\nb"), std::string("a\0b", 3), std::string("\xc3\xa9"),
        std::string(129, 'x')}) {
    EXPECT_EQ(parsed(with_challenge("token", token)).challenges[0].token, "")
        << token;
  }
}

TEST(Authorization, IsRefusedForANameThatCannotBeRead) {
  for (const json& identifier :
       {json{{"type", "dns"}, {"value", "not a name"}},
        json{{"type", "dns"}, {"value", "192.0.2.1"}},
        json{{"type", "ip"}, {"value", "www.example.org"}},
        json{{"type", "email"}, {"value", "www.example.org"}}}) {
    json document = good_authorization();
    document["identifier"] = identifier;
    EXPECT_FALSE(parse_authorization(document.dump())) << identifier;
  }
}

TEST(Authorization, IsReadWithoutChallenges) {
  json document = good_authorization();
  document["challenges"] = json::array();
  const Authorization authorization = parsed(document);
  EXPECT_TRUE(authorization.challenges.empty());
  EXPECT_EQ(authorization.find("http-01"), nullptr);
  EXPECT_EQ(authorization.failure(), nullptr);
}

TEST(Authorization, IsReadWhenNestedDeeperThanAStack) {
  std::string text = good_authorization().dump();
  text.back() = ',';
  EXPECT_TRUE(parse_authorization(text + "\"more\":" + nested(kDeepest) + "}"));
}

TEST(Authorization, IsReadWithAnErrorNestedDeeperThanAStack) {
  std::string text = with_challenge("error", "HERE").dump();
  text.replace(text.find("\"HERE\""), 6,
               R"({"detail":"no","more":)" + nested(kDeepest) + "}");
  const auto authorization = parse_authorization(text);
  ASSERT_TRUE(authorization);
  EXPECT_EQ(authorization->failure()->detail, "no");
}

// draft-ietf-acme-dns-persist: no token; what a person is told comes from here.
TEST(Authorization, HasTheCasNamesOfAPersistentRecord) {
  const auto authorization = parse_authorization(R"({
      "status": "pending",
      "identifier": {"type": "dns", "value": "example.com"},
      "challenges": [{"type": "dns-persist-01", "status": "pending",
                      "url": "https://ca.example/challenge/1",
                      "issuer-domain-names": ["CA.example", 7, "not a name",
                                              "*.ca.example", "192.0.2.1"]}]})");
  ASSERT_TRUE(authorization);
  const Challenge* challenge = authorization->find("dns-persist-01");
  ASSERT_NE(challenge, nullptr);
  EXPECT_TRUE(challenge->token.empty());
  EXPECT_EQ(challenge->issuer_domain_names,
            std::vector<std::string>{"ca.example"});
}

TEST(Authorization, HasTheNamesOfEitherDraft) {
  const auto names = [](const std::string& members) {
    const auto authorization = parse_authorization(
        R"({"status": "pending",
            "identifier": {"type": "dns", "value": "example.com"},
            "challenges": [{"type": "dns-persist-01", "status": "pending",
                            "url": "https://ca.example/challenge/1", )" +
        members + "}]}");
    return authorization->find("dns-persist-01")->issuer_domain_names;
  };
  using Names = std::vector<std::string>;
  EXPECT_EQ(names(R"("issuerDomainNames": ["new.example"])"),
            Names{"new.example"});
  EXPECT_EQ(names(R"("issuer-domain-names": ["old.example"],
                     "issuerDomainNames": ["new.example"])"),
            Names{"new.example"});
  EXPECT_EQ(names(R"("issuerDomainNames": "new.example")"), Names());
  // More than ten are malformed.
  EXPECT_EQ(names(R"("issuerDomainNames": ["a.example","b.example","c.example",
                     "d.example","e.example","f.example","g.example",
                     "h.example","i.example","j.example","k.example"])"),
            Names());
}

}  // namespace
}  // namespace acme
