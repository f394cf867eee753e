// SPDX-License-Identifier: BSD-2-Clause
// Refusals, and answers that are none.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "tests/unit/protocol/client_fixture.h"

namespace acme {
namespace {

using namespace std::chrono_literals;
using testing::AllOf;
using testing::HasSubstr;

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

// What is wrong with one order says nothing about the CA.
TEST_F(ClientTest, IsUnavailableWhenAnAnswerAboutAllCannotBeRead) {
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
      const bool is_about_one = call.resource == Resource::kNewOrder ||
                                call.resource == Resource::kOrder ||
                                call.resource == Resource::kAuthorization ||
                                call.resource == Resource::kNewAuthorization;
      const Error error = failure_of(call.act);
      EXPECT_EQ(error.kind(),
                is_about_one ? ErrorKind::kTransient : ErrorKind::kUnavailable)
          << text;
    }
    wire_.change_answers(nullptr);
  }
}

TEST_F(ClientTest, IsTransientWhenTheFinalizedOrderCannotBeRead) {
  const Order made = ready_order();
  ca_.fail_next(Resource::kFinalize, ScriptedCa::body(200, "<html/>"));
  const Error error = failure_of([&] {
    static_cast<void>(client_.finalize(made, {1, 2, 3}, {}));
  });
  EXPECT_EQ(error.kind(), ErrorKind::kTransient);
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

}  // namespace
}  // namespace acme
