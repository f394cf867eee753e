// SPDX-License-Identifier: BSD-2-Clause
// The library's protocol functions against a real CA. tests/e2e/
// test_conformance.py starts the CA and tells about it by the environment:
//
//   ACME_DIRECTORY  URL of its directory
//   ACME_ROOTS      file with the roots of its own TLS
//   ACME_WEBROOT    folder whose files answer http-01 challenges, by token
//   ACME_NAMES      names that it can validate, separated by commas
//   ACME_FEATURES   of the optional ones, what it has, separated by commas
//   ACME_EAB        KID:KEY when it wants an external account
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <memory>
#include <set>
#include <sstream>
#include <string>
#include <utility>
#include <vector>

#include "acme_core/crypto/base64url.h"
#include "acme_core/crypto/csr.h"
#include "acme_core/error.h"
#include "acme_core/net/curl_http_client.h"
#include "acme_core/protocol/client.h"
#include "tests/support/failure_of.h"

namespace acme {
namespace {

using namespace std::chrono_literals;

std::string environment(const char* name) {
  const char* value = std::getenv(name);
  return value == nullptr ? "" : value;
}

std::vector<std::string> words(const std::string& list) {
  std::vector<std::string> result;
  std::istringstream rest(list);
  for (std::string word; std::getline(rest, word, ',');) {
    result.push_back(word);
  }
  return result;
}

std::string contents(const std::string& path) {
  std::ifstream file(path);
  return {std::istreambuf_iterator<char>(file), {}};
}

class RealCa : public testing::Test {
 protected:
  void SetUp() override {
    if (environment("ACME_DIRECTORY").empty()) {
      GTEST_SKIP() << "needs a CA: run tests/e2e/test_conformance.py";
    }
    CurlHttpClientOptions options;
    options.user_agent = "ngx-acme conformance tests";
    options.trusted_certificates = contents(environment("ACME_ROOTS"));
    http_ = std::make_unique<CurlHttpClient>(options);
    for (const std::string& name : words(environment("ACME_NAMES"))) {
      names_.push_back(parse_identifier(name).value());
    }
  }

  static bool has(const std::string& feature) {
    const auto features = words(environment("ACME_FEATURES"));
    return std::find(features.begin(), features.end(), feature) !=
           features.end();
  }

  std::unique_ptr<Client> connect(PrivateKey key) {
    return std::make_unique<Client>(
        *http_, clock_, environment("ACME_DIRECTORY"), std::move(key));
  }

  static NewAccount new_account(std::vector<std::string> contacts = {}) {
    NewAccount account{.contacts = std::move(contacts),
                       .terms_of_service_agreed = true};
    const std::string external = environment("ACME_EAB");
    if (const auto colon = external.find(':'); colon != std::string::npos) {
      const auto key = base64url_decode(external.substr(colon + 1)).value();
      account.external_account = ExternalAccount{
          external.substr(0, colon), SecretBytes(key.begin(), key.end())};
    }
    return account;
  }

  // A client with an account of its own.
  std::unique_ptr<Client> registered(KeyType type = KeyType::kEcdsa256) {
    auto client = connect(PrivateKey::generate(type));
    client->new_account(new_account(), {});
    return client;
  }

  Order authorized(Client& client, const OrderRequest& request) {
    Order order = client.new_order(request, {}).resource;
    for (const std::string& url : order.authorizations) {
      const auto authorization = client.fetch_authorization(url, {}).resource;
      const Challenge* challenge = authorization.find("http-01");
      if (authorization.status == Authorization::Status::kValid) {
        continue;
      }
      EXPECT_NE(challenge, nullptr);
      std::ofstream(environment("ACME_WEBROOT") + "/" + challenge->token)
          << key_authorization(challenge->token, *client.account_key());
      client.respond(*challenge, {});
    }
    return poll(client, order.url, Order::Status::kPending);
  }

  Order poll(Client& client, const std::string& url,
             Order::Status while_it_is) {
    for (int i = 0;; ++i) {
      Order order = client.fetch_order(url, {}).resource;
      if (order.status != while_it_is || i == 200) {
        EXPECT_NE(order.status, while_it_is);
        return order;
      }
      static_cast<void>(clock_.sleep_for(50ms, {}));
    }
  }

  Download obtain(Client& client, const PrivateKey& key,
                  const OrderRequest& request) {
    Order order = authorized(client, request);
    EXPECT_EQ(order.status, Order::Status::kReady);
    order =
        client.finalize(order, make_csr(key, request.identifiers), {}).resource;
    if (order.status != Order::Status::kValid) {
      order = poll(client, order.url, Order::Status::kProcessing);
    }
    EXPECT_EQ(order.status, Order::Status::kValid);
    return client.download_certificate(order.certificate, {});
  }

  CertificateChain issued(Client& client, const PrivateKey& key) {
    return CertificateChain::from_pem(
               obtain(client, key, {.identifiers = names_}).pem)
        .value();
  }

  SystemClock clock_;
  std::unique_ptr<CurlHttpClient> http_;
  std::vector<Identifier> names_;
};

TEST_F(RealCa, FindsAnAccountByItsKey) {
  const PrivateKey key = PrivateKey::generate(KeyType::kEcdsa256);
  auto client = connect(key.copy());
  if (has("only-return-existing")) {
    EXPECT_FALSE(client->find_account({}));
  }
  const Account made = client->new_account(new_account(), {});
  EXPECT_EQ(made.status, Account::Status::kValid);
  EXPECT_EQ(connect(key.copy())->find_account({})->url, made.url);
}

TEST_F(RealCa, ChangesContacts) {
  if (!has("contacts")) {
    GTEST_SKIP();
  }
  auto client = connect(PrivateKey::generate(KeyType::kEcdsa256));
  client->new_account(new_account({"mailto:old@example.org"}), {});
  client->update_contacts({"mailto:new@example.org"}, {});
  EXPECT_EQ(client->fetch_account({}).contacts,
            std::vector<std::string>{"mailto:new@example.org"});
}

TEST_F(RealCa, ChangesAnAccountsKey) {
  if (!has("key-change")) {
    GTEST_SKIP();
  }
  const PrivateKey old = PrivateKey::generate(KeyType::kEcdsa256);
  auto client = connect(old.copy());
  const std::string url = client->new_account(new_account(), {}).url;
  for (const KeyType type : {KeyType::kEcdsa384, KeyType::kRsa2048}) {
    const PrivateKey next = PrivateKey::generate(type);
    client->change_key(next.copy(), {});
    EXPECT_EQ(client->account_key()->jwk(), next.jwk());
    EXPECT_EQ(connect(next.copy())->find_account({})->url, url);
    EXPECT_EQ(client->new_order({.identifiers = names_}, {}).resource.status,
              Order::Status::kPending);
  }
  EXPECT_FALSE(connect(old.copy())->find_account({}));
}

TEST_F(RealCa, DeactivatesAnAccount) {
  auto client = registered();
  client->deactivate_account({});
  const Error error = failure_of([&] {
    static_cast<void>(client->new_order({.identifiers = names_}, {}));
  });
  EXPECT_FALSE(error.problem_type().empty()) << error.what();
}

TEST_F(RealCa, RefusesAWrongExternalAccount) {
  if (environment("ACME_EAB").empty()) {
    GTEST_SKIP();
  }
  NewAccount account = new_account();
  account.external_account->key.front() ^= 1;
  auto client = connect(PrivateKey::generate(KeyType::kEcdsa256));
  failure_of([&] { client->new_account(account, {}); });
  account.external_account.reset();
  failure_of([&] { client->new_account(account, {}); });
}

class RealCaAndKey : public RealCa,
                     public testing::WithParamInterface<KeyType> {};

TEST_P(RealCaAndKey, TakesKeysOfThisTypeFromAccountsAndCertificates) {
  auto client = registered(GetParam());
  const PrivateKey key = PrivateKey::generate(GetParam());
  const CertificateChain chain = issued(*client, key);
  EXPECT_TRUE(chain.matches(key));
  EXPECT_TRUE(chain.covers(names_));
  EXPECT_TRUE(chain.is_linked());
}

// CAs need not like the largest curve.
INSTANTIATE_TEST_SUITE_P(All, RealCaAndKey,
                         testing::Values(KeyType::kEcdsa256, KeyType::kEcdsa384,
                                         KeyType::kEcdsa521, KeyType::kRsa2048,
                                         KeyType::kRsa3072, KeyType::kRsa4096),
                         [](const auto& parameter) {
                           std::string name(to_string(parameter.param));
                           std::replace(name.begin(), name.end(), ':', '_');
                           return name;
                         });

TEST_F(RealCa, ListsAnAccountsOrders) {
  if (!has("order-list")) {
    GTEST_SKIP();
  }
  auto client = registered();
  std::set<std::string> opened;
  for (int i = 0; i < 5; ++i) {  // more than fit on a page
    opened.insert(client->new_order({.identifiers = names_}, {}).resource.url);
  }
  const auto listed = client->list_orders(client->fetch_account({}), {});
  EXPECT_EQ(std::set(listed.begin(), listed.end()), opened);
}

TEST_F(RealCa, GivesUpAnAuthorization) {
  if (!has("authorization-deactivation")) {
    GTEST_SKIP();
  }
  auto client = registered();
  const Order order = client->new_order({.identifiers = names_}, {}).resource;
  const std::string& url = order.authorizations.at(0);
  client->deactivate_authorization(url, {});
  EXPECT_EQ(client->fetch_authorization(url, {}).resource.status,
            Authorization::Status::kDeactivated);
}

TEST_F(RealCa, OffersChainsToSeveralRoots) {
  if (!has("alternate-chains")) {
    GTEST_SKIP();
  }
  auto client = registered();
  const PrivateKey key = PrivateKey::generate(KeyType::kEcdsa256);
  const Download download = obtain(*client, key, {.identifiers = names_});
  std::set<std::string> tops{
      CertificateChain::from_pem(download.pem)->top_issuer_name()};
  for (const std::string& url : download.alternates) {
    const auto other =
        CertificateChain::from_pem(client->download_certificate(url, {}).pem);
    ASSERT_TRUE(other);
    EXPECT_TRUE(other->matches(key));
    tops.insert(other->top_issuer_name());
  }
  EXPECT_GE(tops.size(), 2U);
}

TEST_F(RealCa, RevokesByTheAccountWithAReason) {
  auto client = registered();
  const CertificateChain chain =
      issued(*client, PrivateKey::generate(KeyType::kEcdsa256));
  client->revoke(chain, RevocationReason::kSuperseded, {});
  EXPECT_EQ(failure_of([&] {
              client->revoke(chain, RevocationReason::kUnspecified, {});
            }).problem_type(),
            "alreadyRevoked");
}

TEST_F(RealCa, RevokesByTheCertificatesKey) {
  auto client = registered();
  const PrivateKey key = PrivateKey::generate(KeyType::kEcdsa256);
  const CertificateChain chain = issued(*client, key);
  auto stranger = connect(PrivateKey::generate(KeyType::kEcdsa256));
  stranger->revoke_with_key(chain, key, RevocationReason::kKeyCompromise, {});
  EXPECT_EQ(failure_of([&] {
              client->revoke(chain, RevocationReason::kUnspecified, {});
            }).problem_type(),
            "alreadyRevoked");
}

TEST_F(RealCa, SuggestsWhenToRenew) {
  if (!has("renewal-info")) {
    EXPECT_FALSE(registered()->renewal_info(
        issued(*registered(), PrivateKey::generate(KeyType::kEcdsa256)), {}));
    return;
  }
  auto client = registered();
  const PrivateKey key = PrivateKey::generate(KeyType::kEcdsa256);
  const CertificateChain chain = issued(*client, key);
  const auto info = client->renewal_info(chain, {});
  ASSERT_TRUE(info);
  EXPECT_LT(info->resource.start, info->resource.end);
  EXPECT_LE(info->resource.end, chain.not_after() + 1s);

  const OrderRequest replacing{.identifiers = names_,
                               .replaces = chain.renewal_id().value()};
  const auto next =
      CertificateChain::from_pem(obtain(*client, key, replacing).pem);
  EXPECT_TRUE(next->matches(key));
  const Error error =
      failure_of([&] { static_cast<void>(client->new_order(replacing, {})); });
  EXPECT_FALSE(error.problem_type().empty());
}

TEST_F(RealCa, IssuesByProfile) {
  if (!has("profiles")) {
    GTEST_SKIP();
  }
  auto client = registered();
  EXPECT_TRUE(client->directory({}).profiles.contains("shortlived"));
  const PrivateKey key = PrivateKey::generate(KeyType::kEcdsa256);
  const auto chain = CertificateChain::from_pem(
      obtain(*client, key, {.identifiers = names_, .profile = "shortlived"})
          .pem);
  EXPECT_LT(chain->not_after() - chain->not_before(), 7 * 24h);
}

TEST_F(RealCa, NamesTheIdentifierItRefuses) {
  if (!has("subproblems")) {
    GTEST_SKIP();
  }
  auto identifiers = names_;
  identifiers.push_back(parse_identifier("blocked.example.net").value());
  const Error error = failure_of([&] {
    static_cast<void>(
        registered()->new_order({.identifiers = identifiers}, {}));
  });
  EXPECT_THAT(error.what(), testing::HasSubstr("blocked.example.net"));
}

}  // namespace
}  // namespace acme
