// SPDX-License-Identifier: BSD-2-Clause
// What a log at level debug has of an exchange with a CA, and what not.
#include "acme_core/protocol/exchange_log.h"

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <utility>

#include "acme_core/error.h"
#include "tests/support/recording_logger.h"

namespace acme {
namespace {

constexpr const char* kToken = "evaGxfADs6pSRb2LAv9IZf17Dt3juxGJ-PCt92wr-oA";
constexpr const char* kThumbprint =
    "9jg46WB3rR_AHD-EBXdN7cBkH1WOu0tA3M9fm21mqTI";

HttpRequest post(const std::string& payload = "e30") {
  HttpRequest request;
  request.method = HttpRequest::Method::kPost;
  request.url = "https://ca.example/thing/1";
  request.body = R"({"payload":")" + payload + R"(","protected":"x"})";
  return request;
}

std::string line(const HttpRequest& request, int status,
                 const std::string& body) {
  HttpResponse response;
  response.status = status;
  response.body = body;
  response.headers = {{"content-type", "application/json"}};
  return describe_exchange(request, response);
}

TEST(ExchangeLine, HasTheStateOfAnOrder) {
  EXPECT_EQ(line(post(), 201, R"({"status":"pending","identifiers":[
                {"type":"dns","value":"a.example"},
                {"type":"dns","value":"b.example"}],"finalize":"https://x"})"),
            "POST https://ca.example/thing/1: 201, order pending for "
            "a.example, b.example");
}

TEST(ExchangeLine, HasTheStatesOfAnAuthorizationAndNoToken) {
  const std::string text = line(
      post(""), 200,
      std::string(R"({"status":"invalid","identifier":{"type":"dns",
          "value":"a.example"},"challenges":[{"type":"http-01",
          "status":"invalid","token":")") +
          kToken + R"(","error":{"type":
          "urn:ietf:params:acme:error:unauthorized","detail":"Expected \")" +
          kToken + "." + kThumbprint +
          R"(\" at http://a.example/.well-known/acme-challenge/)" + kToken +
          R"("}},{"type":"dns-01","status":"pending","token":"short-token-1"}]})");
  EXPECT_EQ(text,
            "POST-as-GET https://ca.example/thing/1: 200, authorization "
            "invalid of \"a.example\": http-01 invalid: Expected \"...\" at "
            "http://a.example/.well-known/acme-challenge/... (unauthorized), "
            "dns-01 pending");
}

TEST(ExchangeLine, HasTheProblem) {
  EXPECT_EQ(line(post(), 429,
                 R"({"type":"urn:ietf:params:acme:error:rateLimited",
                     "detail":"too many"})"),
            "POST https://ca.example/thing/1: 429, too many (rateLimited)");
}

TEST(ExchangeLine, HidesShortTokensAndWhateverFollowsTheirPath) {
  const std::string text =
      line(post(), 200,
           R"({"type":"http-01","status":"invalid","url":"https://x",
               "token":"shorttoken","error":{"detail":
               "got shorttoken.shortprint at /acme-challenge/elsewhere"}})");
  EXPECT_EQ(text.find("shorttoken"), std::string::npos);
  EXPECT_EQ(text.find("shortprint"), std::string::npos);
  EXPECT_EQ(text.find("elsewhere"), std::string::npos);
  EXPECT_NE(text.find("challenge http-01 invalid"), std::string::npos);
}

TEST(ExchangeLine, SaysWhatElseThereIs) {
  HttpRequest get;
  get.url = "https://ca.example/dir";
  EXPECT_EQ(line(get, 200, R"({"newNonce":"https://x"})"),
            "GET https://ca.example/dir: 200, directory");
  EXPECT_EQ(line(post(), 200, R"({"status":"valid","orders":"https://x"})"),
            "POST https://ca.example/thing/1: 200, account valid");
  EXPECT_EQ(line(post(), 200, "no JSON"),
            "POST https://ca.example/thing/1: 200, 7 bytes of "
            "application/json");
  get.method = HttpRequest::Method::kHead;
  EXPECT_EQ(line(get, 204, ""), "HEAD https://ca.example/dir: 204");
}

// A CA that has one answer.
class OneAnswer final : public HttpClient {
 public:
  HttpResponse send(const HttpRequest& request, std::stop_token) override {
    if (request.url.empty()) {
      throw Error(ErrorKind::kUnavailable, "no answer");
    }
    HttpResponse response;
    response.status = 204;
    return response;
  }
};

TEST(ExchangeLog, PassesOnAndTells) {
  RecordingLogger logger;
  const EventLog log(logger, "test");
  ExchangeLog exchange(std::make_unique<OneAnswer>(), log);
  HttpRequest request;
  EXPECT_THROW(static_cast<void>(exchange.send(request, {})), Error);
  EXPECT_TRUE(logger.contains("no answer"));
  request.url = "https://ca.example/";
  EXPECT_EQ(exchange.send(request, {}).status, 204);
  EXPECT_TRUE(logger.contains("GET https://ca.example/: 204"));
}

}  // namespace
}  // namespace acme
