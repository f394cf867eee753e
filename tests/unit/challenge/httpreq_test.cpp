// SPDX-License-Identifier: BSD-2-Clause
// lego's httpreq interface (https://go-acme.github.io/lego/dns/httpreq/).
#include "acme_core/challenge/httpreq.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <string>

#include "tests/support/failure_of.h"
#include "tests/support/web_service.h"

namespace acme {
namespace {

using nlohmann::json;
using testing::AllOf;
using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

const DnsRecord kPresented{"example.com", "_acme-challenge.example.com.",
                           "LoqXcYV8q5ONbJQxbmR7SCTNo3tiAXDfowyjxAjEuX0"};

HttpReqSpec spec(const WebService& service, const std::string& user = "",
                 const std::string& password = "") {
  return {service.url("/dns"), user,
          SecretBytes(password.begin(), password.end())};
}

TEST(HttpReqProvider, PostsNameAndValue) {
  WebService service([](const auto&) {
    return WebService::answer("200 OK", R"({"fqdn":"…","value":"…"})");
  });
  HttpReqProvider provider(spec(service), service.client());
  provider.present(kPresented, {});
  provider.cleanup(kPresented, {});
  const auto requests = service.requests();
  ASSERT_EQ(requests.size(), 2U);
  EXPECT_THAT(requests[0].head,
              AllOf(StartsWith("POST /dns/present HTTP/1.1\r\n"),
                    HasSubstr("\r\nContent-Type: application/json\r\n"),
                    Not(HasSubstr("Authorization"))));
  EXPECT_THAT(requests[1].head, StartsWith("POST /dns/cleanup HTTP/1.1\r\n"));
  const json expected{{"fqdn", kPresented.fqdn}, {"value", kPresented.value}};
  EXPECT_EQ(json::parse(requests[0].body), expected);
  EXPECT_EQ(json::parse(requests[1].body), expected);
}

// RFC 7617 section 2 and, for "+" and "/", section 2.1.
TEST(HttpReqProvider, AuthenticatesItself) {
  WebService service(
      [](const auto&) { return WebService::answer("204 No Content", ""); });
  HttpReqProvider(spec(service, "Aladdin", "open sesame"), service.client())
      .present(kPresented, {});
  HttpReqProvider(spec(service, "test", "123\xc2\xa3"), service.client())
      .present(kPresented, {});
  HttpReqProvider(spec(service, "a", "\xff\xfe\xfb\xff"), service.client())
      .present(kPresented, {});
  const auto requests = service.requests();
  ASSERT_EQ(requests.size(), 3U);
  EXPECT_THAT(
      requests[0].head,
      HasSubstr("\r\nAuthorization: Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==\r\n"));
  EXPECT_THAT(requests[1].head,
              HasSubstr("\r\nAuthorization: Basic dGVzdDoxMjPCow==\r\n"));
  EXPECT_THAT(requests[2].head,
              HasSubstr("\r\nAuthorization: Basic YTr//vv/\r\n"));
}

TEST(HttpReqProvider, SaysWhatTheServiceAnswered) {
  WebService service([](const auto&) {
    return WebService::answer("500 Oops",
                              "no zone\nfor this\x1b" + std::string(9999, 'x'));
  });
  HttpReqProvider provider(spec(service), service.client());
  const Error error = failure_of([&] { provider.present(kPresented, {}); });
  EXPECT_EQ(error.kind(), ErrorKind::kOurs);
  EXPECT_THAT(error.what(),
              AllOf(HasSubstr("present _acme-challenge.example.com. failed"),
                    HasSubstr("HTTP 500: no zone?for this?xxx")));
  EXPECT_LT(std::string(error.what()).size(), 500U);
}

TEST(HttpReqProvider, AsksForAPersonWhenItIsNotLetIn) {
  WebService service([](const auto&) {
    return WebService::answer("401 Unauthorized", "who are you?");
  });
  HttpReqProvider provider(spec(service, "me", "s3cr3t"), service.client());
  const Error error = failure_of([&] { provider.present(kPresented, {}); });
  EXPECT_EQ(error.kind(), ErrorKind::kConfiguration);
  EXPECT_THAT(error.what(),
              AllOf(HasSubstr("HTTP 401"), Not(HasSubstr("s3cr3t"))));
}

// "Unavailable" would be said of the CA, and pause the issuer.
TEST(HttpReqProvider, BlamesNoCaWhenTheServiceIsDown) {
  WebService service([](const auto&) {
    return HttpTestServer::Reply{"", HttpTestServer::Reply::Then::kAbort};
  });
  HttpReqProvider provider(spec(service), service.client());
  EXPECT_EQ(failure_of([&] { provider.present(kPresented, {}); }).kind(),
            ErrorKind::kOurs);
}

TEST(HttpReqProvider, FollowsNoRedirect) {
  WebService service([](const auto&) {
    return HttpTestServer::Reply{HttpTestServer::response(
        "308 Permanent Redirect", "Location: /elsewhere\r\n", "")};
  });
  HttpReqProvider provider(spec(service, "me", "s3cr3t"), service.client());
  EXPECT_THAT(failure_of([&] { provider.present(kPresented, {}); }).what(),
              HasSubstr("HTTP 308"));
  EXPECT_EQ(service.requests().size(), 1U);
}

TEST(HttpReqProvider, IsStoppedWhileTheServiceHangs) {
  WebService service([](const auto&) {
    return HttpTestServer::Reply{"", HttpTestServer::Reply::Then::kStall};
  });
  HttpReqProvider provider(spec(service), service.client());
  std::stop_source source;
  const std::jthread stopper([&] {
    service.wait_for_answers(1);
    source.request_stop();
  });
  EXPECT_EQ(failure_of([&] {
              provider.present(kPresented, source.get_token());
            }).kind(),
            ErrorKind::kStopped);
}

}  // namespace
}  // namespace acme
