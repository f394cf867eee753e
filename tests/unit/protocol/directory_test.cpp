// SPDX-License-Identifier: BSD-2-Clause
#include "acme_core/protocol/directory.h"

#include <gtest/gtest.h>

#include <map>
#include <nlohmann/json.hpp>
#include <set>
#include <string>
#include <vector>

#include "tests/unit/protocol/hostile_json.h"

namespace acme {
namespace {

using nlohmann::json;

json good_directory() {
  return {{"newNonce", "https://ca.example/nonce"},
          {"newAccount", "https://ca.example/account"},
          {"newOrder", "https://ca.example/order"},
          {"newAuthz", "https://ca.example/authz"},
          {"keyChange", "https://ca.example/key"},
          {"revokeCert", "https://ca.example/revoke"},
          {"renewalInfo", "https://ca.example/renewal"},
          {"meta",
           {{"termsOfService", "https://ca.example/terms"},
            {"website", "https://ca.example"},
            {"caaIdentities", {"ca.example"}},
            {"profiles", {{"classic", "as ever"}, {"short", "a week"}}},
            {"externalAccountRequired", true}}}};
}

TEST(Directory, IsReadWithItsMetadata) {
  const Directory directory = parse_directory(good_directory().dump()).value();
  EXPECT_EQ(directory.new_nonce, "https://ca.example/nonce");
  EXPECT_EQ(directory.new_account, "https://ca.example/account");
  EXPECT_EQ(directory.new_order, "https://ca.example/order");
  EXPECT_EQ(directory.terms_of_service, "https://ca.example/terms");
  EXPECT_EQ(directory.website, "https://ca.example");
  EXPECT_TRUE(directory.external_account_required);
  EXPECT_EQ(directory.caa_identities, (std::vector<std::string>{"ca.example"}));
  EXPECT_EQ(directory.profiles,
            (std::map<std::string, std::string>{{"classic", "as ever"},
                                                {"short", "a week"}}));
}

TEST(Directory, IsReadWithItsOptionalResources) {
  const Directory directory = parse_directory(good_directory().dump()).value();
  EXPECT_EQ(directory.new_authorization, "https://ca.example/authz");
  EXPECT_EQ(directory.key_change, "https://ca.example/key");
  EXPECT_EQ(directory.revoke_certificate, "https://ca.example/revoke");
  EXPECT_EQ(directory.renewal_info, "https://ca.example/renewal");
  json document = good_directory();
  for (const char* const member :
       {"newAuthz", "keyChange", "revokeCert", "renewalInfo"}) {
    document[member] = "http://ca.example/";
  }
  const Directory other = parse_directory(document.dump()).value();
  EXPECT_EQ(other.new_authorization + other.key_change +
                other.revoke_certificate + other.renewal_info,
            "");
}

TEST(Directory, PassesOverProfilesThatCannotBeRead) {
  json document = good_directory();
  document["meta"]["profiles"] = {
      {"good", "text"}, {"a", 7}, {"b", nullptr}, {"c", json::object()}};
  EXPECT_EQ(parse_directory(document.dump()).value().profiles,
            (std::map<std::string, std::string>{{"good", "text"}}));
  for (int i = 0; i < 5000; ++i) {
    document["meta"]["profiles"]["profile" + std::to_string(i)] = "text";
  }
  EXPECT_EQ(parse_directory(document.dump()).value().profiles.size(), 100U);
}

TEST(Directory, NeedsNoMetadata) {
  json document = good_directory();
  document.erase("meta");
  const Directory directory = parse_directory(document.dump()).value();
  EXPECT_EQ(directory.terms_of_service, "");
  EXPECT_EQ(directory.website, "");
  EXPECT_FALSE(directory.external_account_required);
}

TEST(Directory, IsNothingThatIsNoObject) {
  for (const std::string& text : unreadable(good_directory())) {
    EXPECT_FALSE(parse_directory(text)) << text;
  }
}

TEST(Directory, IsRefusedWithoutARequiredMemberAndDoesWithoutTheOthers) {
  const std::set<std::string> required{"/newNonce", "/newAccount", "/newOrder"};
  for (const auto& [member, text] : spoiled(good_directory())) {
    const auto directory = parse_directory(text);
    ASSERT_EQ(directory.has_value(), !required.contains(member)) << text;
    if (directory) {
      const bool no_meta = member == "/meta";
      EXPECT_EQ(directory->terms_of_service.empty(),
                no_meta || member == "/meta/termsOfService")
          << text;
      EXPECT_EQ(directory->website.empty(),
                no_meta || member == "/meta/website")
          << text;
      EXPECT_EQ(!directory->external_account_required,
                no_meta || member == "/meta/externalAccountRequired")
          << text;
      const bool no_profile = member.starts_with("/meta/profiles/");
      EXPECT_EQ(directory->profiles.size(),
                no_meta || member == "/meta/profiles" ? 0U
                : no_profile                          ? 1U
                                                      : 2U)
          << text;
      EXPECT_EQ(directory->revoke_certificate.empty(), member == "/revokeCert")
          << text;
    }
  }
}

TEST(Directory, IsRefusedWithAUrlThatIsNotHttps) {
  for (const char* const member : {"newNonce", "newAccount", "newOrder"}) {
    for (const char* const url :
         {"http://ca.example/", "", "https:/ca.example", "ca.example/",
          " https://ca.example/", "file:///etc/passwd"}) {
      json document = good_directory();
      document[member] = url;
      EXPECT_FALSE(parse_directory(document.dump())) << member << ": " << url;
    }
  }
}

TEST(Directory, IsReadWhenNestedDeeperThanAStack) {
  std::string text = good_directory().dump();
  text.back() = ',';
  EXPECT_TRUE(parse_directory(text + "\"more\":" + nested(kDeepest) + "}"));
  EXPECT_FALSE(parse_directory(text + "\"more\":" + nested(kDeepest)));
}

// draft-ietf-acme-dns-persist-02.
TEST(Directory, SaysWhatRecordsThatStayHaveToSay) {
  const auto with_meta = [](const std::string& meta) {
    return parse_directory(R"({"newNonce": "https://ca.example/n",
        "newAccount": "https://ca.example/a",
        "newOrder": "https://ca.example/o", "meta": )" +
                           meta + "}")
        .value();
  };
  const Directory directory = with_meta(
      R"({"issuerDomainNames": ["ca.example"],
          "accountHashPrefix": "https://ca.example/account-hash/"})");
  EXPECT_EQ(directory.issuer_domain_names,
            std::vector<std::string>{"ca.example"});
  EXPECT_EQ(directory.account_hash_prefix, "https://ca.example/account-hash/");
  // What would break the record that a person is told to make.
  for (const char* prefix :
       {"7", R"("")", R"("https://ca.example/; policy=wildcard")",
        R"("https://ca.example/\n")", R"("no uri")", "null"}) {
    EXPECT_EQ(with_meta(std::string(R"({"accountHashPrefix": )") + prefix + "}")
                  .account_hash_prefix,
              "")
        << prefix;
  }
  EXPECT_TRUE(with_meta("{}").issuer_domain_names.empty());
}

}  // namespace
}  // namespace acme
