// SPDX-License-Identifier: BSD-2-Clause
// Orders, authorizations, and the certificate.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "acme_core/crypto/csr.h"
#include "tests/unit/protocol/client_fixture.h"

namespace acme {
namespace {

using namespace std::chrono_literals;
using testing::AllOf;
using testing::HasSubstr;

TEST_F(ClientTest, ReadsWithTheEmptyPayload) {
  const Order made = ready_order();
  static_cast<void>(client_.fetch_order(made.url, {}));
  EXPECT_EQ(wire_.last().payload(), "");
  static_cast<void>(client_.fetch_authorization(made.authorizations.at(0), {}));
  EXPECT_EQ(wire_.last().payload(), "");
  static_cast<void>(
      client_.download_certificate("https://ca.example/certificate/0", {}));
  EXPECT_EQ(wire_.last().payload(), "");
  EXPECT_EQ(wire_.last().request.method, HttpRequest::Method::kPost);
}

TEST_F(ClientTest, RespondsToAChallengeWithTheEmptyObject) {
  client_.new_account({}, {});
  const auto authorization =
      client_.fetch_authorization(order().authorizations.at(0), {});
  client_.respond(*authorization.resource.find("http-01"), {});
  EXPECT_EQ(wire_.last().request.url,
            "https://ca.example/challenge/0/0/http-01");
  EXPECT_EQ(wire_.last().payload(), "{}");
}

TEST_F(ClientTest, OrdersTheGivenNames) {
  client_.new_account({}, {});
  names_ = identifiers_of({"www.example.org", "192.0.2.1"});
  const Order made = order();
  EXPECT_EQ(made.url, "https://ca.example/order/0");
  EXPECT_EQ(made.status, Order::Status::kPending);
  EXPECT_EQ(made.identifiers, names_);
  EXPECT_EQ(wire_.last().payload(), new_order_payload({names_}));
}

TEST_F(ClientTest, RefusesAnOrderWithoutAnHttpsLocation) {
  client_.new_account({}, {});
  for (const char* const location :
       {"", "http://ca.example/order/1", "mailto:1"}) {
    wire_.change_answers([&](const HttpRequest&, HttpResponse& response) {
      response.headers.erase("location");
      if (*location != '\0') {
        response.headers.emplace("location", location);
      }
    });
    const Error error = failure_of([&] { static_cast<void>(order()); });
    EXPECT_EQ(error.kind(), ErrorKind::kUnavailable) << location;
    EXPECT_THAT(error.what(), HasSubstr("Location")) << location;
  }
}

TEST_F(ClientTest, FinalizesWithTheRequestAndKeepsTheOrdersUrl) {
  const Order made = ready_order();
  const auto request =
      make_csr(PrivateKey::generate(KeyType::kEcdsa256), names_);
  const Answer<Order> answer = client_.finalize(made, request, {});
  EXPECT_EQ(answer.resource.url, made.url);
  EXPECT_EQ(wire_.last().request.url, made.finalize);
  EXPECT_EQ(wire_.last().payload(), finalize_payload(request));
  EXPECT_EQ(client_.fetch_order(made.url, {}).resource.status,
            Order::Status::kValid);
}

TEST_F(ClientTest, DownloadsTheChainAsItCame) {
  const Order made = ready_order();
  ca_.fail_next(Resource::kCertificate, ScriptedCa::body(200, "any\r\nPEM\n"));
  EXPECT_EQ(
      client_.download_certificate("https://ca.example/certificate/0", {}).pem,
      "any\r\nPEM\n");
  EXPECT_EQ(wire_.last().request.accept, "application/pem-certificate-chain");
}

TEST_F(ClientTest, KnowsWhenTheCaWantsToBeAskedAgain) {
  const Order made = ready_order();
  EXPECT_EQ(client_.fetch_order(made.url, {}).retry_at, std::nullopt);
  wire_.change_answers([](const HttpRequest&, HttpResponse& response) {
    response.headers.emplace("retry-after", "7");
  });
  const TimePoint later = clock_.now() + 7s;
  EXPECT_EQ(client_.fetch_order(made.url, {}).retry_at, later);
  EXPECT_EQ(order().url, "https://ca.example/order/1");
  EXPECT_EQ(client_.fetch_authorization(made.authorizations.at(0), {}).retry_at,
            later);
}

TEST_F(ClientTest, OrdersAProfileAndSaysWhatItReplaces) {
  ca_.offer_profiles({{"short", "for a week"}});
  client_.new_account({}, {});
  EXPECT_EQ(client_.directory({}).profiles.at("short"), "for a week");
  const OrderRequest request{.identifiers = names_,
                             .profile = "short",
                             .replaces = "aYhba4dGQEHhs3uEe6CuLN4ByNQ.AIdlQyE"};
  const Order made = client_.new_order(request, {}).resource;
  EXPECT_EQ(made.profile, "short");
  EXPECT_EQ(made.expires, clock_.now() + 24h * 7);
  EXPECT_EQ(ca_.replaced_ids(), (std::vector<std::string>{request.replaces}));
}

TEST_F(ClientTest, KnowsWhyAnOrderForAProfileOrAReplacementIsRefused) {
  client_.new_account({}, {});
  const auto refusal = [&](const OrderRequest& request) {
    return failure_of(
        [&] { static_cast<void>(client_.new_order(request, {})); });
  };
  const Error profile = refusal({.identifiers = names_, .profile = "unknown"});
  EXPECT_EQ(profile.problem_type(), "invalidProfile");
  EXPECT_EQ(profile.kind(), ErrorKind::kPermanent);
  ca_.refuse_replaces("alreadyReplaced");
  const Error replaced = refusal({.identifiers = names_, .replaces = "a.b"});
  EXPECT_EQ(replaced.problem_type(), "alreadyReplaced");
  EXPECT_EQ(replaced.kind(), ErrorKind::kPermanent);
}

TEST_F(ClientTest, NamesTheNamesThatWereRefused) {
  client_.new_account({}, {});
  ca_.refuse_name("www.example.org");
  EXPECT_EQ(failure_of([&] { static_cast<void>(order()); }).names(),
            (std::vector<std::string>{"www.example.org"}));
}

// Section 7.3.3.
TEST_F(ClientTest, PointsAtTheTermsAPersonHasToAgreeTo) {
  client_.new_account({}, {});
  ca_.change_terms();
  const Error error = failure_of([&] { static_cast<void>(order()); });
  EXPECT_EQ(error.kind(), ErrorKind::kConfiguration);
  EXPECT_EQ(error.problem_type(), "userActionRequired");
  EXPECT_THAT(error.what(), AllOf(HasSubstr("https://ca.example/agree"),
                                  HasSubstr("https://ca.example/new-terms")));
}

// --- Authorizations without an order, and their end.

TEST_F(ClientTest, AsksForAnAuthorizationWithoutAnOrder) {
  client_.new_account({}, {});
  const NewAuthorization made = client_.new_authorization(names_[0], {});
  EXPECT_EQ(made.authorization.identifier, names_[0]);
  EXPECT_EQ(made.authorization.status, Authorization::Status::kPending);
  EXPECT_EQ(client_.fetch_authorization(made.url, {}).resource.identifier,
            names_[0]);
}

TEST_F(ClientTest, GivesAnAuthorizationUp) {
  client_.new_account({}, {});
  const std::string url = order().authorizations.at(0);
  client_.deactivate_authorization(url, {});
  EXPECT_EQ(wire_.last().payload(), R"({"status":"deactivated"})");
  EXPECT_EQ(ca_.deactivated_authorizations(), 1U);
  EXPECT_EQ(client_.fetch_authorization(url, {}).resource.status,
            Authorization::Status::kDeactivated);
}

TEST_F(ClientTest, TellsAWildcardFromTheNameBehindIt) {
  client_.new_account({}, {});
  names_ = identifiers_of({"example.org", "*.example.org"});
  const Order made = order();
  for (std::size_t i = 0; i < 2; ++i) {
    const Authorization authorization =
        client_.fetch_authorization(made.authorizations.at(i), {}).resource;
    EXPECT_EQ(authorization.identifier.value, "example.org");
    EXPECT_EQ(authorization.wildcard, i == 1);
  }
}

// --- Other chains (section 7.4.2).

TEST_F(ClientTest, FindsTheOtherChainsOfACertificate) {
  ca_.offer_alternate();
  ca_.set_clock_skew(5min);
  const Order made = ready_order();
  const auto request =
      make_csr(PrivateKey::generate(KeyType::kEcdsa256), names_);
  static_cast<void>(client_.finalize(made, request, {}));
  const std::string url =
      client_.fetch_order(made.url, {}).resource.certificate;
  const Download download = client_.download_certificate(url, {});
  EXPECT_EQ(download.ca_time, clock_.now() + 5min);
  ASSERT_EQ(download.alternates.size(), 1U);
  const auto chain = CertificateChain::from_pem(download.pem).value();
  const auto other = CertificateChain::from_pem(
      client_.download_certificate(download.alternates[0], {}).pem);
  ASSERT_TRUE(other);
  EXPECT_EQ(chain.top_issuer_name(), "Test Root");
  EXPECT_EQ(other->top_issuer_name(), "Other Root");
  EXPECT_EQ(other->der().front(), chain.der().front());
}

TEST_F(ClientTest, DoesNotKnowTheTimeWhenTheDateCannotBeRead) {
  const Order made = ready_order();
  wire_.change_answers([](const HttpRequest&, HttpResponse& response) {
    response.headers.erase("date");
    response.headers.emplace("date", "yesterday");
  });
  EXPECT_FALSE(
      client_.download_certificate("https://ca.example/certificate/0", {})
          .ca_time);
}

}  // namespace
}  // namespace acme
