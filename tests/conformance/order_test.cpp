// SPDX-License-Identifier: BSD-2-Clause
// Orders and authorizations (RFC 8555 sections 7.4 and 7.5).
#include <gmock/gmock.h>

#include <algorithm>

#include "acme_core/crypto/csr.h"
#include "tests/conformance/conformance_fixture.h"

namespace acme {
namespace {

using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::seconds;
using testing::Contains;
using testing::IsEmpty;
using testing::Not;
using testing::StartsWith;
using testing::UnorderedElementsAre;

using OrderConformance = CaConformance;

TEST_F(OrderConformance, NewOneIsAsItWasAskedFor) {
  const auto client = subscriber();

  const Order order =
      open(*client, {.identifiers = {name("one"), name("two")}});

  EXPECT_EQ(order.status, Order::Status::kPending);
  EXPECT_THAT(order.url, StartsWith("https://"));
  EXPECT_THAT(order.identifiers,
              UnorderedElementsAre(name("one"), name("two")));
  EXPECT_EQ(order.authorizations.size(), 2U);
  EXPECT_THAT(order.certificate, IsEmpty());
  ASSERT_TRUE(order.expires);
  EXPECT_GT(*order.expires, now());
  const Order again = client->fetch_order(order.url, stop_).resource;
  EXPECT_EQ(again.url, order.url);
  EXPECT_EQ(again.finalize, order.finalize);
}

TEST_F(OrderConformance, EndsWithACertificate) {
  const auto client = subscriber();

  const Issued issued = obtain(*client);

  EXPECT_EQ(issued.order.status, Order::Status::kValid);
  EXPECT_TRUE(issued.chain.covers(std::vector{name()}));
  EXPECT_TRUE(issued.chain.matches(issued.key));
  EXPECT_TRUE(issued.chain.is_linked());
  EXPECT_LE(issued.chain.not_before(), now() + minutes(1));
  EXPECT_GT(issued.chain.not_after(), now());
}

TEST_F(OrderConformance, DownloadCarriesTheCasTime) {
  const auto client = subscriber();

  const Issued issued = obtain(*client);

  ASSERT_TRUE(issued.download.ca_time);
  EXPECT_LE(*issued.download.ca_time, now() + minutes(1));
  EXPECT_GE(*issued.download.ca_time, now() - minutes(1));
}

TEST_F(OrderConformance, TakesSeveralNames) {
  const auto client = subscriber();
  const std::vector names{name("one"), name("two"), name("three")};

  const Issued issued = obtain(*client, {.identifiers = names});

  EXPECT_TRUE(issued.chain.covers(names));
  EXPECT_EQ(issued.chain.identifiers().size(), 3U);
}

TEST_F(OrderConformance, TakesAnAddress) {
  const auto client = subscriber();

  const Issued issued = obtain(*client, {.identifiers = {address()}});

  EXPECT_THAT(issued.chain.identifiers(), testing::ElementsAre(address()));
}

TEST_F(OrderConformance, TakesANameAndAnAddress) {
  const auto client = subscriber();
  const std::vector both{name(), address()};

  EXPECT_TRUE(obtain(*client, {.identifiers = both}).chain.covers(both));
}

TEST_F(OrderConformance, OneAccountMayHaveSeveralAtATime) {
  const auto client = subscriber();
  const Order first = open(*client, {.identifiers = {name("one")}});
  const Order second = open(*client, {.identifiers = {name("two")}});
  EXPECT_NE(first.url, second.url);

  authorize(*client, second);
  authorize(*client, first);

  for (const Order& order : {first, second}) {
    const PrivateKey key = PrivateKey::generate(KeyType::kEcdsa256);
    EXPECT_THAT(finish(*client, order, key).certificate, Not(IsEmpty()));
  }
}

TEST_F(OrderConformance, CannotBeFinalizedBeforeItIsAuthorized) {
  const auto client = subscriber();
  const Order order = open(*client, {.identifiers = {name()}});
  const PrivateKey key = PrivateKey::generate(KeyType::kEcdsa256);

  const Error error = refusal_of([&] {
    static_cast<void>(
        client->finalize(order, make_csr(key, order.identifiers), stop_));
  });

  EXPECT_EQ(error.problem_type(), "orderNotReady") << error.what();
}

TEST_F(OrderConformance, StrangersDoNotGetToSeeIt) {
  const auto client = subscriber();
  const auto other = subscriber();
  const Order order = open(*client, {.identifiers = {name()}});

  const Error error = refusal_of(
      [&] { static_cast<void>(other->fetch_order(order.url, stop_)); });

  EXPECT_THAT(error.problem_type(), Not(IsEmpty())) << error.what();
}

// Smallstep's CAs leave such an authorization "pending" for good: the challenge
// tells.
TEST_F(OrderConformance, FailedValidationIsExplained) {
  const auto client = subscriber();
  const Order order = open(*client, {.identifiers = {name()}});
  const std::string url = order.authorizations.front();
  const Authorization before = client->fetch_authorization(url, stop_).resource;
  ASSERT_NE(before.find(kHttp01), nullptr);

  // Nobody has put the answer.
  client->respond(*before.find(kHttp01), stop_);

  const Authorization failed =
      wait_for(*client, url, [](const Authorization& now) {
        const Challenge* challenge = now.find(kHttp01);
        return challenge != nullptr && challenge->error;
      });
  EXPECT_NE(failed.status, Authorization::Status::kValid);
  EXPECT_THAT(failed.find(kHttp01)->error->describe(), Not(IsEmpty()));
  ASSERT_NE(failed.failure(), nullptr);
}

TEST_F(OrderConformance, ListNamesThemAll) {
  SKIP_WITHOUT("orders");
  const auto client = subscriber();
  std::vector<std::string> opened;
  for (int count = 0; count < 5; ++count) {
    opened.push_back(open(*client, {.identifiers = {name()}}).url);
  }

  const auto listed = client->list_orders(client->fetch_account(stop_), stop_);

  EXPECT_THAT(listed, testing::UnorderedElementsAreArray(opened));
}

TEST_F(OrderConformance, DatesAreAsAskedFor) {
  SKIP_WITHOUT("dates");
  const auto client = subscriber();
  OrderRequest request{.identifiers = {name()}};
  request.not_before = std::chrono::floor<seconds>(now());
  request.not_after = *request.not_before + hours(7);

  const Issued issued = obtain(*client, request);

  EXPECT_EQ(issued.order.not_before, request.not_before);
  EXPECT_EQ(issued.order.not_after, request.not_after);
  EXPECT_EQ(issued.chain.not_after(), *request.not_after);
}

TEST_F(OrderConformance, DeactivatedAuthorizationSpoilsIt) {
  SKIP_WITHOUT("authorization-deactivation");
  const auto client = subscriber();
  const Order order = open(*client, {.identifiers = {name()}});
  const std::string url = order.authorizations.front();

  client->deactivate_authorization(url, stop_);

  EXPECT_EQ(client->fetch_authorization(url, stop_).resource.status,
            Authorization::Status::kDeactivated);
  const PrivateKey key = PrivateKey::generate(KeyType::kEcdsa256);
  const Error error = refusal_of([&] {
    static_cast<void>(
        client->finalize(order, make_csr(key, order.identifiers), stop_));
  });
  EXPECT_EQ(error.problem_type(), "orderNotReady") << error.what();
}

TEST_F(OrderConformance, AuthorizationMayComeFirstWhereTheCaOffersIt) {
  const auto client = subscriber();
  if (client->directory(stop_).new_authorization.empty()) {
    const Error error = refusal_of(
        [&] { static_cast<void>(client->new_authorization(name(), stop_)); });
    EXPECT_EQ(error.kind(), ErrorKind::kPermanent);
    EXPECT_STRNE(error.what(), "");
    return;
  }

  const NewAuthorization created = client->new_authorization(name(), stop_);

  EXPECT_EQ(created.authorization.identifier, name());
  EXPECT_EQ(client->fetch_authorization(created.url, stop_).resource.identifier,
            name());
}

// draft-ietf-acme-profiles.

TEST_F(OrderConformance, ProfileIsChosen) {
  SKIP_WITHOUT("profiles");
  const auto client = subscriber();
  EXPECT_TRUE(client->directory(stop_).profiles.contains(ca().profile));

  const Issued issued =
      obtain(*client, {.identifiers = {name()}, .profile = ca().profile});

  const auto lifetime = issued.chain.not_after() - issued.chain.not_before();
  EXPECT_GE(lifetime, ca().profile_lifetime - minutes(2));
  EXPECT_LE(lifetime, ca().profile_lifetime + minutes(2));
}

TEST_F(OrderConformance, UnknownProfileIsRefused) {
  SKIP_WITHOUT("profiles");
  const auto client = subscriber();

  const Error error = refusal_of([&] {
    static_cast<void>(client->new_order(
        {.identifiers = {name()}, .profile = "no-such-profile"}, stop_));
  });

  EXPECT_THAT(error.problem_type(),
              testing::AnyOf("invalidProfile", "malformed"))
      << error.what();
}

}  // namespace
}  // namespace acme
