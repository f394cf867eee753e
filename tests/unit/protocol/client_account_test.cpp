// SPDX-License-Identifier: BSD-2-Clause
// The account: made, found, bound, changed, closed.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <thread>
#include <vector>

#include "tests/support/jose_signature.h"
#include "tests/unit/protocol/client_fixture.h"

namespace acme {
namespace {

using nlohmann::json;
using testing::HasSubstr;

TEST_F(ClientTest, MakesAnAccountWithItsPublicKey) {
  ca_.ask_for_terms();
  const Account account =
      client_.new_account({.contacts = {"mailto:admin@example.org"},
                           .terms_of_service_agreed = true},
                          {});
  EXPECT_EQ(account.url, kAccountUrl);
  EXPECT_EQ(account.status, Account::Status::kValid);
  EXPECT_EQ(client_.account_url(), kAccountUrl);
  const json header = wire_.last().header();
  EXPECT_EQ(header.at("jwk"), json::parse(client_.account_key()->jwk()));
  EXPECT_FALSE(header.contains("kid"));
  EXPECT_EQ(json::parse(wire_.last().payload()),
            (json{{"contact", {"mailto:admin@example.org"}},
                  {"termsOfServiceAgreed", true}}));
}

TEST_F(ClientTest, FindsTheAccountItsKeyAlreadyHas) {
  client_.new_account({}, {});
  client_.use_account("");
  EXPECT_EQ(client_.new_account({}, {}).url, kAccountUrl);
}

TEST_F(ClientTest, UsesNoAccountWithoutAnHttpsLocation) {
  for (const char* const location :
       {"", "http://ca.example/acct/1", "mailto:acct"}) {
    wire_.change_answers([&](const HttpRequest&, HttpResponse& response) {
      response.headers.erase("location");
      if (*location != '\0') {
        response.headers.emplace("location", location);
      }
    });
    const Error error = failure_of([&] { client_.new_account({}, {}); });
    EXPECT_EQ(error.kind(), ErrorKind::kUnavailable) << location;
    EXPECT_THAT(error.what(), HasSubstr("Location")) << location;
    EXPECT_EQ(client_.account_url(), "") << location;
  }
}

TEST_F(ClientTest, FollowsARelativeLocation) {
  wire_.change_answers([&](const HttpRequest& request, HttpResponse& response) {
    if (response.headers.erase("location") != 0) {
      response.headers.emplace(
          "location", request.url.ends_with("account") ? "acct/1" : "/order/0");
    }
  });
  EXPECT_EQ(client_.new_account({}, {}).url, kAccountUrl);
  EXPECT_EQ(
      client_.new_order({.identifiers = identifiers_of({"example.com"})}, {})
          .resource.url,
      "https://ca.example/order/0");
}

TEST_F(ClientTest, NamesItsAccountInEveryLaterRequest) {
  for (const Call& call : calls()) {
    if (call.resource == Resource::kAccount ||
        call.resource == Resource::kFinalize) {
      continue;
    }
    call.act();
    const json header = wire_.last().header();
    EXPECT_EQ(header.at("kid"), kAccountUrl);
    EXPECT_FALSE(header.contains("jwk"));
  }
}

TEST_F(ClientTest, UsesAnAccountKnownFromBefore) {
  client_.new_account({}, {});
  Client restarted{wire_, clock_, std::string(ScriptedCa::kDirectoryUrl),
                   PrivateKey::generate(KeyType::kEcdsa256)};
  restarted.use_account(kAccountUrl);
  EXPECT_EQ(restarted.new_order({names_}, {}).resource.url,
            "https://ca.example/order/0");
  EXPECT_EQ(ca_.count(Resource::kAccount), 1U);
}

// --- External account binding.

TEST_F(ClientTest, BindsItsAccountToThatOfACustomer) {
  const SecretBytes key{1, 2, 3, 4};
  ca_.require_external_account("customer-7", key);
  EXPECT_TRUE(client_.directory({}).external_account_required);
  EXPECT_EQ(
      client_
          .new_account({.contacts = {},
                        .external_account = ExternalAccount{"customer-7", key}},
                       {})
          .url,
      kAccountUrl);
}

TEST_F(ClientTest, IsRefusedByACaForCustomersOnly) {
  ca_.require_external_account("customer-7", {1, 2, 3, 4});
  const Error none = failure_of([&] { client_.new_account({}, {}); });
  EXPECT_EQ(none.problem_type(), "externalAccountRequired");
  EXPECT_EQ(none.kind(), ErrorKind::kConfiguration);
  for (const ExternalAccount& wrong :
       {ExternalAccount{"customer-8", {1, 2, 3, 4}},
        ExternalAccount{"customer-7", {1, 2, 3, 5}},
        ExternalAccount{"customer-7", {}}}) {
    EXPECT_EQ(failure_of([&] {
                client_.new_account({.contacts = {}, .external_account = wrong},
                                    {});
              }).problem_type(),
              "unauthorized");
  }
  EXPECT_EQ(client_.account_url(), "");
}

// --- Finding, reading and changing it.

TEST_F(ClientTest, FindsNoAccountAndMakesNone) {
  EXPECT_FALSE(client_.find_account({}));
  EXPECT_EQ(client_.account_url(), "");
  EXPECT_EQ(json::parse(wire_.last().payload()),
            (json{{"onlyReturnExisting", true}}));
  client_.new_account({}, {});
  client_.use_account("");
  EXPECT_EQ(client_.find_account({}).value().url, kAccountUrl);
  EXPECT_EQ(client_.account_url(), kAccountUrl);
}

TEST_F(ClientTest, DoesNotTakeTroubleForAMissingAccount) {
  ca_.fail_next(Resource::kAccount, ScriptedCa::body(503, "busy"));
  EXPECT_EQ(failure_of([&] { client_.find_account({}); }).kind(),
            ErrorKind::kUnavailable);
}

TEST_F(ClientTest, ReadsItsAccount) {
  ca_.list_orders(true);
  client_.new_account({.contacts = {"mailto:a@example.org"}}, {});
  const Account account = client_.fetch_account({});
  EXPECT_EQ(account.url, kAccountUrl);
  EXPECT_EQ(account.contacts,
            (std::vector<std::string>{"mailto:a@example.org"}));
  EXPECT_EQ(account.orders, "https://ca.example/orders/1");
  EXPECT_EQ(wire_.last().payload(), "");
  EXPECT_EQ(wire_.last().header().at("kid"), kAccountUrl);
}

TEST_F(ClientTest, ReplacesItsContacts) {
  client_.new_account({.contacts = {"mailto:a@example.org"}}, {});
  EXPECT_EQ(client_.update_contacts({"mailto:b@example.org"}, {}).contacts,
            (std::vector<std::string>{"mailto:b@example.org"}));
  EXPECT_EQ(wire_.last().request.url, kAccountUrl);
  // None at all has to be said, too.
  EXPECT_TRUE(client_.update_contacts({}, {}).contacts.empty());
  EXPECT_EQ(wire_.last().payload(), R"({"contact":[]})");
}

TEST_F(ClientTest, ClosesItsAccount) {
  client_.new_account({}, {});
  client_.deactivate_account({});
  EXPECT_EQ(wire_.last().request.url, kAccountUrl);
  EXPECT_EQ(wire_.last().payload(), R"({"status":"deactivated"})");
  EXPECT_EQ(failure_of([&] { static_cast<void>(order()); }).problem_type(),
            "unauthorized");
}

TEST_F(ClientTest, ChangesNothingWithoutAnAccount) {
  const std::vector<std::function<void()>> acts{
      [&] { static_cast<void>(client_.fetch_account({})); },
      [&] { client_.update_contacts({}, {}); },
      [&] { client_.change_key(PrivateKey::generate(KeyType::kEcdsa256), {}); },
      [&] { client_.deactivate_account({}); }};
  for (const auto& act : acts) {
    EXPECT_EQ(failure_of(act).kind(), ErrorKind::kPermanent);
  }
  EXPECT_TRUE(wire_.exchanges().empty());
}

TEST_F(ClientTest, OrdersNothingInNobodysName) {
  const Error refused = failure_of([&] { static_cast<void>(order()); });
  EXPECT_EQ(refused.problem_type(), "accountDoesNotExist");
  EXPECT_EQ(refused.subject(), ErrorSubject::kRequest);
  EXPECT_EQ(ca_.count(Resource::kNewOrder), 0U);
}

TEST_F(ClientTest, IsUnavailableWhenItsAccountCannotBeRead) {
  client_.new_account({}, {});
  for (const char* const text : {"", "<html/>", "{}", R"({"status":7})"}) {
    ca_.fail_next(Resource::kExistingAccount, ScriptedCa::body(200, text));
    EXPECT_EQ(failure_of([&] {
                static_cast<void>(client_.fetch_account({}));
              }).kind(),
              ErrorKind::kUnavailable)
        << text;
    ca_.fail_next(Resource::kExistingAccount, ScriptedCa::body(200, text));
    EXPECT_EQ(failure_of([&] { client_.update_contacts({}, {}); }).kind(),
              ErrorKind::kUnavailable)
        << text;
  }
}

// --- Its key (section 7.3.5).

TEST_F(ClientTest, ChangesItsKeyWithTheConsentOfBoth) {
  client_.new_account({}, {});
  const auto old_key = client_.account_key();
  PrivateKey next = PrivateKey::generate(KeyType::kEcdsa384);
  const json next_jwk = json::parse(next.jwk());
  client_.change_key(std::move(next), {});

  const Wire::Exchange outer = wire_.last();
  EXPECT_EQ(outer.header().at("kid"), kAccountUrl);
  EXPECT_EQ(outer.header().at("alg"), "ES256");
  const json inner = json::parse(outer.payload());
  const auto header = decoded(inner, "protected");
  EXPECT_EQ(
      json::parse(header),
      (json{{"alg", "ES384"}, {"jwk", next_jwk}, {"url", outer.request.url}}));
  EXPECT_EQ(json::parse(decoded(inner, "payload")),
            (json{{"account", kAccountUrl},
                  {"oldKey", json::parse(old_key->jwk())}}));
  const auto is_signed = [](const PrivateKey& key, const json& jws) {
    return is_jose_signature(key,
                             jws.at("protected").get<std::string>() + "." +
                                 jws.at("payload").get<std::string>(),
                             decoded(jws, "signature"));
  };
  EXPECT_TRUE(is_signed(*client_.account_key(), inner));
  EXPECT_TRUE(is_signed(*old_key, json::parse(outer.request.body)));

  EXPECT_EQ(json::parse(client_.account_key()->jwk()), next_jwk);
  static_cast<void>(order());
  EXPECT_EQ(wire_.last().header().at("alg"), "ES384");
  client_.use_account("");
  EXPECT_EQ(client_.find_account({}).value().url, kAccountUrl);
}

TEST_F(ClientTest, KeepsItsKeyWhenTheCaRefusesAnother) {
  client_.new_account({}, {});
  const std::string before = client_.account_key()->thumbprint();
  for (const ScriptedCa::Fault& fault :
       {ScriptedCa::problem(409, "malformed", "taken"),
        ScriptedCa::no_answer()}) {
    ca_.fail_next(Resource::kKeyChange, fault);
    failure_of([&] {
      client_.change_key(PrivateKey::generate(KeyType::kEcdsa256), {});
    });
    EXPECT_EQ(client_.account_key()->thumbprint(), before);
  }
}

TEST_F(ClientTest, ChangesItsKeyWhileOthersUseIt) {
  client_.new_account({}, {});
  std::jthread changes([&] {
    for (int i = 0; i < 20; ++i) {
      client_.change_key(PrivateKey::generate(KeyType::kEcdsa256), {});
    }
  });
  for (int i = 0; i < 20; ++i) {
    EXPECT_EQ(client_.fetch_account({}).url, kAccountUrl);
  }
}

TEST_F(ClientTest, KnowsWhatItsCaDoesNotOffer) {
  client_.new_account({}, {});
  Client other{wire_, clock_, std::string(ScriptedCa::kDirectoryUrl),
               PrivateKey::generate(KeyType::kEcdsa256)};
  other.use_account(kAccountUrl);
  ca_.fail_next(Resource::kDirectory,
                ScriptedCa::body(200,
                                 R"({"newNonce":"https://ca.example/nonce",
      "newAccount":"https://ca.example/account",
      "newOrder":"https://ca.example/new-order"})"));
  for (const auto& act : std::vector<std::function<void()>>{
           [&] {
             other.change_key(PrivateKey::generate(KeyType::kEcdsa256), {});
           },
           [&] {
             static_cast<void>(other.new_authorization(names_[0], {}));
           }}) {
    const Error error = failure_of(act);
    EXPECT_EQ(error.kind(), ErrorKind::kPermanent);
    EXPECT_THAT(error.what(), HasSubstr("does not offer"));
  }
}

// --- Its orders (section 7.1.2.1).

TEST_F(ClientTest, ListsItsOrdersOfAllPages) {
  ca_.list_orders(true, 2);
  client_.new_account({}, {});
  std::vector<std::string> urls(5);
  for (std::string& url : urls) {
    url = order().url;
  }
  EXPECT_EQ(client_.list_orders(client_.fetch_account({}), {}), urls);
  EXPECT_EQ(ca_.count(Resource::kOrderList), 3U);
}

TEST_F(ClientTest, ListsNoOrdersWhenTheCaKeepsNoList) {
  client_.new_account({}, {});
  EXPECT_TRUE(client_.list_orders(client_.fetch_account({}), {}).empty());
  EXPECT_EQ(ca_.count(Resource::kOrderList), 0U);
}

TEST_F(ClientTest, EndsAListOfOrdersThatHasNoEnd) {
  ca_.list_orders(true);
  client_.new_account({}, {});
  const Account account = client_.fetch_account({});
  wire_.change_answers([](const HttpRequest&, HttpResponse& response) {
    response.body = R"({"orders":["https://ca.example/order/1", 7, null,
                        "http://ca.example/order/2"]})";
    response.headers.emplace("link", "</orders/1>;rel=next");
  });
  EXPECT_EQ(client_.list_orders(account, {}).size(), 100U);
  EXPECT_EQ(ca_.count(Resource::kOrderList), 100U);
}

TEST_F(ClientTest, IsUnavailableWhenTheListOfOrdersCannotBeRead) {
  ca_.list_orders(true);
  client_.new_account({}, {});
  const Account account = client_.fetch_account({});
  for (const char* const text : {"", "[]", "{}", R"({"orders":{}})"}) {
    ca_.fail_next(Resource::kOrderList, ScriptedCa::body(200, text));
    EXPECT_EQ(failure_of([&] {
                static_cast<void>(client_.list_orders(account, {}));
              }).kind(),
              ErrorKind::kUnavailable)
        << text;
  }
}

}  // namespace
}  // namespace acme
