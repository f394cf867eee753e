// SPDX-License-Identifier: BSD-2-Clause
// The client against a CA that misbehaves on request.
#include "acme_core/protocol/client.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>
#include <mutex>
#include <nlohmann/json.hpp>
#include <optional>
#include <set>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "acme_core/crypto/base64url.h"
#include "acme_core/crypto/csr.h"
#include "acme_core/error.h"
#include "tests/support/fake_clock.h"
#include "tests/support/jose_signature.h"
#include "tests/support/scripted_ca.h"

namespace acme {
namespace {

using namespace std::chrono_literals;
using nlohmann::json;
using testing::AllOf;
using testing::Each;
using testing::HasSubstr;

std::vector<std::uint8_t> decoded(const json& jws, const char* member) {
  return base64url_decode(jws.at(member).get<std::string>()).value();
}

// The CA's wire: keeps what passes, and may change the answers.
class Wire final : public HttpClient {
 public:
  struct Exchange {
    HttpRequest request;
    HttpResponse response;

    [[nodiscard]] json header() const {
      return json::parse(decoded(json::parse(request.body), "protected"));
    }
    [[nodiscard]] std::string payload() const {
      const auto bytes = decoded(json::parse(request.body), "payload");
      return {bytes.begin(), bytes.end()};
    }
  };

  explicit Wire(HttpClient& ca) : ca_(ca) {}

  // Is called with every answer of the CA.
  void change_answers(
      std::function<void(const HttpRequest&, HttpResponse&)> change) {
    change_ = std::move(change);
  }

  [[nodiscard]] HttpResponse send(const HttpRequest& request,
                                  std::stop_token stop) override {
    HttpResponse response = ca_.send(request, std::move(stop));
    if (change_) {
      change_(request, response);
    }
    const std::lock_guard lock(mutex_);
    exchanges_.push_back({request, response});
    return response;
  }

  [[nodiscard]] std::vector<Exchange> exchanges() const {
    const std::lock_guard lock(mutex_);
    return exchanges_;
  }
  [[nodiscard]] Exchange last() const { return exchanges().back(); }
  [[nodiscard]] std::vector<Exchange> posts() const {
    std::vector<Exchange> result = exchanges();
    std::erase_if(result, [](const Exchange& exchange) {
      return exchange.request.method != HttpRequest::Method::kPost;
    });
    return result;
  }

 private:
  HttpClient& ca_;
  std::function<void(const HttpRequest&, HttpResponse&)> change_;
  mutable std::mutex mutex_;
  std::vector<Exchange> exchanges_;
};

class ClientTest : public testing::Test {
 protected:
  static constexpr const char* kAccountUrl = "https://ca.example/acct/1";

  Error failure_of(const std::function<void()>& act) {
    try {
      act();
    } catch (const Error& error) {
      return error;
    }
    ADD_FAILURE() << "it worked";
    return {ErrorKind::kConfiguration, ""};
  }

  Order order() { return client_.new_order({.identifiers = names_}, {}).resource; }

  // Creates account and order, and answers the challenges.
  Order ready_order() {
    client_.new_account({}, {});
    ca_.start_with_valid_authorizations();
    return order();
  }

  // Every function that reads an answer of the CA, with the resource it asks.
  struct Call {
    Resource resource;
    std::function<void()> act;
  };
  std::vector<Call> calls() {
    client_.new_account({}, {});
    const Order made = order();
    const std::string authorization = made.authorizations.at(0);
    const Challenge challenge = *client_.fetch_authorization(authorization, {})
                                     .resource.find("http-01");
    return {
        {Resource::kAccount, [this] { client_.new_account({}, {}); }},
        {Resource::kNewOrder, [this] { static_cast<void>(order()); }},
        {Resource::kOrder,
         [this, made] {
           static_cast<void>(client_.fetch_order(made.url, {}));
         }},
        {Resource::kAuthorization,
         [this, authorization] {
           static_cast<void>(client_.fetch_authorization(authorization, {}));
         }},
        {Resource::kChallenge,
         [this, challenge] { client_.respond(challenge, {}); }},
        {Resource::kFinalize,
         [this, made] {
           static_cast<void>(client_.finalize(made, {1, 2, 3}, {}));
         }},
        {Resource::kCertificate, [this] {
           static_cast<void>(client_.download_certificate(
               "https://ca.example/certificate/0", {}));
         }}};
  }

  FakeClock clock_;
  ScriptedCa ca_{clock_};
  Wire wire_{ca_};
  Client client_{wire_, clock_, std::string(ScriptedCa::kDirectoryUrl),
                 PrivateKey::generate(KeyType::kEcdsa256)};
  std::vector<Identifier> names_ = identifiers_of({"www.example.org"});
};

// --- The directory.

TEST_F(ClientTest, KeepsTheDirectoryForAnHour) {
  EXPECT_EQ(client_.directory({}).new_order, "https://ca.example/new-order");
  clock_.advance(1h - 1ms);
  static_cast<void>(client_.directory({}));
  EXPECT_EQ(ca_.count(Resource::kDirectory), 1U);
  clock_.advance(1ms);
  static_cast<void>(client_.directory({}));
  EXPECT_EQ(ca_.count(Resource::kDirectory), 2U);
}

TEST_F(ClientTest, AsksForTheDirectoryAgainAfterAFailure) {
  ca_.fail_next(Resource::kDirectory, ScriptedCa::no_answer());
  EXPECT_EQ(
      failure_of([&] { static_cast<void>(client_.directory({})); }).kind(),
      ErrorKind::kUnavailable);
  EXPECT_EQ(client_.directory({}).new_nonce, "https://ca.example/nonce");
}

TEST_F(ClientTest, PointsAtTheUriWhenThereIsNoDirectory) {
  for (const char* const text :
       {"<html>hello</html>", "{}", "", R"({"newNonce": "http://a/",
        "newAccount": "http://a/", "newOrder": "http://a/"})"}) {
    ca_.fail_next(Resource::kDirectory, ScriptedCa::body(200, text));
    const Error error =
        failure_of([&] { static_cast<void>(client_.directory({})); });
    EXPECT_EQ(error.kind(), ErrorKind::kUnavailable);
    EXPECT_THAT(error.what(), AllOf(HasSubstr("https://ca.example/dir"),
                                    HasSubstr("\"uri\"")));
  }
}

TEST_F(ClientTest, RefusesADirectoryThatIsAnError) {
  ca_.fail_next(Resource::kDirectory, ScriptedCa::body(404, "nothing here"));
  EXPECT_EQ(
      failure_of([&] { static_cast<void>(client_.directory({})); }).kind(),
      ErrorKind::kPermanent);
}

// --- The account.

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
       {"", "http://ca.example/acct/1", "/acct/1"}) {
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
  EXPECT_EQ(restarted.new_order({.identifiers = names_}, {}).resource.url,
            "https://ca.example/order/0");
  EXPECT_EQ(ca_.count(Resource::kAccount), 1U);
}

// --- Signed requests.

TEST_F(ClientTest, SignsEveryRequestForItsUrlWithANewNonce) {
  static_cast<void>(client_.fetch_order(ready_order().url, {}));
  std::set<std::string> nonces;
  for (const Wire::Exchange& exchange : wire_.posts()) {
    const json header = exchange.header();
    EXPECT_EQ(exchange.request.content_type, "application/jose+json");
    EXPECT_EQ(header.at("alg"), "ES256");
    EXPECT_EQ(header.at("url"), exchange.request.url);
    nonces.insert(header.at("nonce"));
    const json jws = json::parse(exchange.request.body);
    EXPECT_TRUE(is_jose_signature(*client_.account_key(),
                                  jws.at("protected").get<std::string>() + "." +
                                      jws.at("payload").get<std::string>(),
                                  decoded(jws, "signature")));
  }
  EXPECT_EQ(nonces.size(), 3U);
}

TEST_F(ClientTest, AsksForANonceOnlyOnce) {
  static_cast<void>(client_.fetch_order(ready_order().url, {}));
  EXPECT_EQ(ca_.count(Resource::kNonce), 1U);
  const auto exchanges = wire_.exchanges();
  EXPECT_EQ(exchanges.at(1).request.method, HttpRequest::Method::kHead);
  EXPECT_EQ(exchanges.at(1).request.url, "https://ca.example/nonce");
  // Each request uses the nonce of the answer before it.
  for (std::size_t i = 2; i < exchanges.size(); ++i) {
    EXPECT_EQ(exchanges[i].header().at("nonce"),
              exchanges[i - 1].response.header("replay-nonce"));
  }
}

TEST_F(ClientTest, AsksForANonceWhenAnAnswerHadNoneThatIsValid) {
  for (const char* const nonce : {"", "not a nonce", "a+b="}) {
    wire_.change_answers([&](const HttpRequest& request, HttpResponse& answer) {
      if (request.method == HttpRequest::Method::kPost) {
        answer.headers.erase("replay-nonce");
        answer.headers.emplace("replay-nonce", nonce);
      }
    });
    const unsigned before = ca_.count(Resource::kNonce);
    client_.new_account({}, {});
    client_.new_account({}, {});
    EXPECT_EQ(ca_.count(Resource::kNonce), before + 2) << nonce;
  }
}

TEST_F(ClientTest, FailsWhenTheCaGivesNoNonce) {
  wire_.change_answers([](const HttpRequest&, HttpResponse& response) {
    response.headers.erase("replay-nonce");
  });
  const Error error = failure_of([&] { client_.new_account({}, {}); });
  EXPECT_EQ(error.kind(), ErrorKind::kUnavailable);
  EXPECT_THAT(error.what(), AllOf(HasSubstr("https://ca.example/nonce"),
                                  HasSubstr("no valid nonce")));
}

TEST_F(ClientTest, FailsWhenTheCaRefusesANonce) {
  ca_.fail_next(Resource::kNonce, ScriptedCa::body(503, "busy"));
  EXPECT_EQ(failure_of([&] { client_.new_account({}, {}); }).kind(),
            ErrorKind::kUnavailable);
  EXPECT_EQ(ca_.count(Resource::kAccount), 0U);
}

TEST_F(ClientTest, RepeatsWithTheNonceOfTheRefusal) {
  client_.new_account({}, {});
  for (int i = 0; i < 5; ++i) {
    ca_.fail_next(Resource::kNewOrder,
                  ScriptedCa::problem(400, "badNonce", "too old"));
  }
  EXPECT_EQ(order().url, "https://ca.example/order/0");
  EXPECT_EQ(ca_.count(Resource::kNewOrder), 6U);
  EXPECT_EQ(ca_.count(Resource::kNonce), 1U);
  const auto posts = wire_.posts();
  for (std::size_t i = 1; i < posts.size(); ++i) {
    EXPECT_EQ(posts[i].header().at("nonce"),
              posts[i - 1].response.header("replay-nonce"));
    EXPECT_EQ(posts[i].payload(), posts[1].payload());
  }
}

TEST_F(ClientTest, GivesUpAfterRepeatingTwentyTimes) {
  client_.new_account({}, {});
  ca_.fail_always(Resource::kNewOrder,
                  ScriptedCa::problem(400, "badNonce", "too old"));
  const Error error = failure_of([&] { static_cast<void>(order()); });
  EXPECT_EQ(error.kind(), ErrorKind::kTransient);
  EXPECT_EQ(error.problem_type(), "badNonce");
  EXPECT_EQ(ca_.count(Resource::kNewOrder), 21U);
}

TEST_F(ClientTest, RepeatsNothingButBadNonces) {
  for (const Call& call : calls()) {
    const unsigned before = ca_.count(call.resource);
    ca_.fail_next(call.resource,
                  ScriptedCa::problem(400, "malformed", "no such thing"));
    EXPECT_EQ(failure_of(call.act).kind(), ErrorKind::kPermanent);
    EXPECT_EQ(ca_.count(call.resource), before + 1);
  }
}

TEST_F(ClientTest, RecoversFromANonceThatTheCaForgot) {
  client_.new_account({}, {});
  // Each answer brings a nonce that no CA has ever given.
  int left = 3;
  wire_.change_answers([&](const HttpRequest&, HttpResponse& response) {
    if (left-- > 0) {
      response.headers.erase("replay-nonce");
      response.headers.emplace("replay-nonce", "forgotten");
    }
  });
  EXPECT_EQ(order().url, "https://ca.example/order/0");
  EXPECT_EQ(order().url, "https://ca.example/order/1");
}

// --- Resources.

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
  EXPECT_EQ(wire_.last().request.url, "https://ca.example/challenge/0/0");
  EXPECT_EQ(wire_.last().payload(), "{}");
}

TEST_F(ClientTest, OrdersTheGivenNames) {
  client_.new_account({}, {});
  names_ = identifiers_of({"www.example.org", "192.0.2.1"});
  const Order made = order();
  EXPECT_EQ(made.url, "https://ca.example/order/0");
  EXPECT_EQ(made.status, Order::Status::kPending);
  EXPECT_EQ(made.identifiers, names_);
  EXPECT_EQ(wire_.last().payload(), new_order_payload({.identifiers = names_}));
}

TEST_F(ClientTest, RefusesAnOrderWithoutAnHttpsLocation) {
  client_.new_account({}, {});
  for (const char* const location : {"", "http://ca.example/order/1", "/1"}) {
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

// --- Refusals, and answers that are none.

TEST_F(ClientTest, IsUnavailableWhenTheServerHasTrouble) {
  for (const Call& call : calls()) {
    for (const ScriptedCa::Fault& fault :
         {ScriptedCa::body(500, "<html>oops</html>"), ScriptedCa::body(502, ""),
          ScriptedCa::body(599, "{}"), ScriptedCa::body(302, "elsewhere"),
          ScriptedCa::problem(503, "serverInternal", "down"),
          // Even a type that would be permanent.
          ScriptedCa::problem(500, "malformed", "confused"),
          ScriptedCa::no_answer()}) {
      ca_.fail_next(call.resource, fault);
      EXPECT_EQ(failure_of(call.act).kind(), ErrorKind::kUnavailable);
    }
  }
}

TEST_F(ClientTest, QuotesTheProblemOfAServerInTrouble) {
  client_.new_account({}, {});
  ca_.fail_next(Resource::kNewOrder, ScriptedCa::problem(503, "serverInternal",
                                                         "maintenance", "60"));
  const Error error = failure_of([&] { static_cast<void>(order()); });
  EXPECT_THAT(error.what(), AllOf(HasSubstr("503"), HasSubstr("maintenance"),
                                  HasSubstr("https://ca.example/new-order")));
  EXPECT_EQ(error.retry_at(), clock_.now() + 60s);
}

TEST_F(ClientTest, IsRateLimitedUntilTheCaSays) {
  for (const Call& call : calls()) {
    ca_.fail_next(call.resource,
                  ScriptedCa::problem(429, "rateLimited", "slow down", "120"));
    const Error error = failure_of(call.act);
    EXPECT_EQ(error.kind(), ErrorKind::kRateLimited);
    EXPECT_EQ(error.retry_at(), clock_.now() + 120s);
    EXPECT_THAT(error.what(), AllOf(HasSubstr("slow down"), HasSubstr("429")));
  }
}

TEST_F(ClientTest, TakesA429WithoutAProblemForAServerInTrouble) {
  client_.new_account({}, {});
  ca_.fail_next(Resource::kNewOrder, ScriptedCa::body(429, "<html/>"));
  wire_.change_answers([](const HttpRequest&, HttpResponse& response) {
    response.headers.emplace("retry-after", "30");
  });
  const Error error = failure_of([&] { static_cast<void>(order()); });
  EXPECT_EQ(error.kind(), ErrorKind::kUnavailable);
  EXPECT_EQ(error.retry_at(), clock_.now() + 30s);
}

TEST_F(ClientTest, IsRefusedForGoodByA404) {
  for (const Call& call : calls()) {
    ca_.fail_next(call.resource, ScriptedCa::body(404, "not found"));
    const Error error = failure_of(call.act);
    EXPECT_EQ(error.kind(), ErrorKind::kPermanent);
    EXPECT_EQ(error.problem_type(), "");
    EXPECT_THAT(error.what(),
                AllOf(HasSubstr("404"), HasSubstr("https://ca.example/")));
  }
}

TEST_F(ClientTest, KeepsTheTypeOfTheCasProblem) {
  client_.new_account({}, {});
  ca_.forget_accounts();
  const Error error = failure_of([&] { static_cast<void>(order()); });
  EXPECT_EQ(error.problem_type(), "accountDoesNotExist");
  EXPECT_EQ(error.kind(), ErrorKind::kTransient);
}

TEST_F(ClientTest, IsUnavailableWhenAnAnswerCannotBeRead) {
  for (const Call& call : calls()) {
    if (call.resource == Resource::kChallenge ||
        call.resource == Resource::kFinalize ||
        call.resource == Resource::kCertificate) {
      continue;  // not read here, or never a success with this order
    }
    for (const char* const text :
         {"", "<html>Welcome to the hotel's network</html>", "null", "[]", "{}",
          R"({"status": "new and unknown"})", R"({"status": "valid)",
          "\xff\xfe{}"}) {
      wire_.change_answers([&](const HttpRequest&, HttpResponse& response) {
        response.body = text;
      });
      const Error error = failure_of(call.act);
      EXPECT_EQ(error.kind(), ErrorKind::kUnavailable) << text;
    }
    wire_.change_answers(nullptr);
  }
}

TEST_F(ClientTest, IsUnavailableWhenTheFinalizedOrderCannotBeRead) {
  const Order made = ready_order();
  ca_.fail_next(Resource::kFinalize, ScriptedCa::body(200, "<html/>"));
  const Error error = failure_of([&] {
    static_cast<void>(client_.finalize(made, {1, 2, 3}, {}));
  });
  EXPECT_EQ(error.kind(), ErrorKind::kUnavailable);
  EXPECT_THAT(error.what(), HasSubstr(made.url));
}

TEST_F(ClientTest, PutsNoControlCharactersOfTheCaIntoItsErrors) {
  client_.new_account({}, {});
  ca_.fail_next(Resource::kNewOrder,
                ScriptedCa::problem(403, "rejectedIdentifier", "a\n\x1b[31mb"));
  EXPECT_THAT(failure_of([&] { static_cast<void>(order()); }).what(),
              HasSubstr("a??[31mb"));
  ca_.fail_next(Resource::kOrder, ScriptedCa::body(404, ""));
  EXPECT_THAT(failure_of([&] {
                static_cast<void>(
                    client_.fetch_order("https://ca.example/order/1\r\n", {}));
              }).what(),
              testing::Not(HasSubstr("\n")));
}

TEST_F(ClientTest, SignsForAUrlThatIsNotUtf8) {
  client_.new_account({}, {});
  wire_.change_answers([](const HttpRequest& request, HttpResponse& response) {
    if (request.url.ends_with("/new-order")) {
      response.headers.erase("location");
      response.headers.emplace("location", "https://ca.example/order/0?\xff");
    }
  });
  const Order made = order();
  EXPECT_NO_THROW(static_cast<void>(failure_of(
      [&] { static_cast<void>(client_.fetch_order(made.url, {})); })));
}

// --- Stopping, and several threads.

TEST_F(ClientTest, StopsWhereverItIs) {
  std::stop_source stop;
  stop.request_stop();
  EXPECT_EQ(failure_of([&] {
              static_cast<void>(client_.directory(stop.get_token()));
            }).kind(),
            ErrorKind::kStopped);
  static_cast<void>(client_.directory({}));
  // At the nonce.
  EXPECT_EQ(
      failure_of([&] { client_.new_account({}, stop.get_token()); }).kind(),
      ErrorKind::kStopped);
  EXPECT_EQ(ca_.count(Resource::kNonce), 0U);
  client_.new_account({}, {});
  EXPECT_EQ(failure_of([&] {
              static_cast<void>(client_.new_order({.identifiers = names_}, stop.get_token()));
            }).kind(),
            ErrorKind::kStopped);
  EXPECT_EQ(ca_.count(Resource::kNewOrder), 0U);
}

TEST_F(ClientTest, StopsBetweenRepetitions) {
  client_.new_account({}, {});
  std::stop_source stop;
  ca_.fail_always(Resource::kNewOrder, [&](const HttpRequest& request) {
    stop.request_stop();
    return ScriptedCa::problem(400, "badNonce", "too old")(request);
  });
  EXPECT_EQ(failure_of([&] {
              static_cast<void>(client_.new_order({.identifiers = names_}, stop.get_token()));
            }).kind(),
            ErrorKind::kStopped);
  EXPECT_EQ(ca_.count(Resource::kNewOrder), 1U);
}

TEST_F(ClientTest, ServesSeveralThreadsWithOneAccount) {
  client_.new_account({}, {});
  std::vector<std::string> urls(4);
  {
    std::vector<std::jthread> threads;
    for (std::string& url : urls) {
      threads.emplace_back([this, &url] {
        for (int i = 0; i < 5; ++i) {
          url = client_.new_order({.identifiers = names_}, {}).resource.url;
          EXPECT_EQ(client_.fetch_order(url, {}).resource.url, url);
        }
      });
    }
  }
  EXPECT_EQ(std::set<std::string>(urls.begin(), urls.end()).size(), 4U);
  EXPECT_EQ(ca_.count(Resource::kNewOrder), 20U);
  std::vector<int> statuses;
  for (const Wire::Exchange& exchange : wire_.exchanges()) {
    statuses.push_back(exchange.response.status);
  }
  EXPECT_THAT(statuses, Each(testing::AnyOf(200, 201)));
}

}  // namespace
}  // namespace acme
