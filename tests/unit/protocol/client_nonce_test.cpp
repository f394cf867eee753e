// SPDX-License-Identifier: BSD-2-Clause
// The directory, signatures and nonces.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>
#include <string>

#include "tests/support/jose_signature.h"
#include "tests/unit/protocol/client_fixture.h"

namespace acme {
namespace {

using namespace std::chrono_literals;
using nlohmann::json;
using testing::AllOf;
using testing::HasSubstr;

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

}  // namespace
}  // namespace acme
