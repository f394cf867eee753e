// SPDX-License-Identifier: BSD-2-Clause
// Web services that are told of events: what they get, what their answers mean.
#include "acme_core/events/webhook.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <utility>

#include "acme_core/error.h"
#include "acme_core/events/queued_event.h"
#include "tests/support/failure_of.h"
#include "tests/support/fake_clock.h"
#include "tests/support/web_service.h"
#include "tests/unit/events/event_fixture.h"

namespace acme {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;
using End = Delivery::End;

constexpr const char* kEventId = "0123456789abcdef";

// Hands out what belongs to the test.
class Borrowed final : public HttpClient {
 public:
  explicit Borrowed(HttpClient& client) : client_(client) {}
  HttpResponse send(const HttpRequest& request, std::stop_token stop) override {
    return client_.send(request, std::move(stop));
  }

 private:
  HttpClient& client_;
};

Delivery tell(WebService& service, const std::string& secret = "",
              std::stop_token stop = {}) {
  const FakeClock clock;
  Webhook webhook(
      {service.url("/hook?token=x"), SecretBytes(secret.begin(), secret.end())},
      clock, [&service](const std::string&) {
        return std::make_unique<Borrowed>(service.client());
      });
  return webhook.deliver(kEventId, renewed(),
                         write_queued_event(kEventId, renewed()),
                         std::move(stop));
}

Delivery told(const std::string& status_line, const std::string& body = "") {
  WebService service(
      [&](const auto&) { return WebService::answer(status_line, body); });
  return tell(service);
}

TEST(Webhook, PostsTheEvent) {
  WebService service(
      [](const auto&) { return WebService::answer("204 No Content", ""); });
  EXPECT_EQ(tell(service).end, End::kDone);
  const auto requests = service.requests();
  ASSERT_EQ(requests.size(), 1U);
  EXPECT_THAT(requests[0].head,
              AllOf(StartsWith("POST /hook?token=x HTTP/1.1\r\n"),
                    HasSubstr("\r\nContent-Type: application/json\r\n"),
                    HasSubstr("\r\nAcme-Timestamp: 1767225600\r\n"),
                    Not(HasSubstr("Acme-Signature"))));
  EXPECT_EQ(requests[0].body, write_queued_event(kEventId, renewed()));
}

// RFC 4231 has no such case; this is `printf '1.{}' | openssl sha256 -hmac
// key`.
TEST(Webhook, SignsTimestampAndBody) {
  EXPECT_EQ(webhook_signature({'k', 'e', 'y'}, "1", "{}"),
            "sha256="
            "1ba6b8171186efc613e8bcc0cbdab2748f24984d7c5a84faa2637afa0e40d224");
  WebService service(
      [](const auto&) { return WebService::answer("200 OK", ""); });
  EXPECT_EQ(tell(service, "key").end, End::kDone);
  EXPECT_THAT(service.requests()[0].head,
              HasSubstr("\r\nAcme-Signature: " +
                        webhook_signature({'k', 'e', 'y'}, "1767225600",
                                          service.requests()[0].body) +
                        "\r\n"));
}

TEST(Webhook, TakesEverySuccessForOne) {
  EXPECT_EQ(told("200 OK").end, End::kDone);
  EXPECT_EQ(told("202 Accepted").end, End::kDone);
}

TEST(Webhook, TellsWhatConcernsOneEventFromWhatConcernsAll) {
  const Delivery refused = told("400 Bad Request", "no such\nchannel");
  EXPECT_EQ(refused.end, End::kRefused);
  EXPECT_EQ(refused.why, "it answers HTTP 400: no such?channel");
  EXPECT_EQ(told("404 Not Found").end, End::kRefused);
  EXPECT_EQ(told("429 Too Many Requests").end, End::kUnavailable);
  EXPECT_EQ(told("500 Internal Server Error").end, End::kUnavailable);
}

TEST(Webhook, FollowsNoRedirect) {
  WebService service([](const auto&) {
    return HttpTestServer::Reply{HttpTestServer::response(
        "307 Temporary Redirect", "Location: https://127.0.0.1/\r\n", "")};
  });
  const Delivery delivery = tell(service);
  EXPECT_EQ(delivery.end, End::kRefused);
  EXPECT_THAT(delivery.why, HasSubstr("a redirect, which is not followed"));
  EXPECT_EQ(service.requests().size(), 1U);
}

TEST(Webhook, IsUnavailableWithoutAnAnswer) {
  WebService service([](const auto&) {
    return HttpTestServer::Reply{"", HttpTestServer::Reply::Then::kAbort};
  });
  const Delivery delivery = tell(service);
  EXPECT_EQ(delivery.end, End::kUnavailable);
  EXPECT_THAT(delivery.why, Not(HasSubstr("token")));
}

TEST(Webhook, IsToldAgainWhenItWasStopped) {
  WebService service([](const auto&) {
    return HttpTestServer::Reply{"", HttpTestServer::Reply::Then::kStall};
  });
  std::stop_source source;
  source.request_stop();
  EXPECT_EQ(failure_of([&] {
              static_cast<void>(tell(service, "", source.get_token()));
            }).kind(),
            ErrorKind::kStopped);
}

}  // namespace
}  // namespace acme
