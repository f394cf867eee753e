// SPDX-License-Identifier: BSD-2-Clause
// Our own look at our own listeners.
#include "acme_core/challenge/http01_self_check.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "acme_core/error.h"

namespace acme {
namespace {

using testing::HasSubstr;

// Answers by what is connected to.
class Listeners final : public HttpClient {
 public:
  using Answer = std::function<HttpResponse(const HttpRequest&)>;

  explicit Listeners(Answer answer) : answer_(std::move(answer)) {}
  HttpResponse send(const HttpRequest& request, std::stop_token) override {
    requests.push_back(request);
    return answer_(request);
  }

  std::vector<HttpRequest> requests;

 private:
  Answer answer_;
};

HttpResponse response(int status, const std::string& body) {
  HttpResponse response;
  response.status = status;
  response.body = body;
  return response;
}

const Identifier kCheckedName{Identifier::Type::kDns, "www.example.com"};

std::string fault(Listeners& listeners, std::vector<ListenAddress> addresses,
                  const Identifier& identifier = kCheckedName) {
  return Http01SelfCheck(listeners, std::move(addresses))
      .fault(identifier, "token", "token.thumbprint", {});
}

TEST(Http01SelfCheck, AsksAsACaDoes) {
  Listeners listeners(
      [](const HttpRequest&) { return response(200, "token.thumbprint"); });
  EXPECT_EQ(fault(listeners, {{"192.0.2.1", 8080}}), "");
  ASSERT_EQ(listeners.requests.size(), 1U);
  EXPECT_EQ(listeners.requests[0].url,
            "http://www.example.com/.well-known/acme-challenge/token");
  EXPECT_EQ(listeners.requests[0].connect_to, "192.0.2.1:8080");
}

TEST(Http01SelfCheck, WritesIpv6AddressesInBrackets) {
  Listeners listeners(
      [](const HttpRequest&) { return response(200, "token.thumbprint"); });
  EXPECT_EQ(
      fault(listeners, {{"::1", 80}}, {Identifier::Type::kIp, "2001:db8::1"}),
      "");
  EXPECT_EQ(listeners.requests[0].url,
            "http://[2001:db8::1]/.well-known/acme-challenge/token");
  EXPECT_EQ(listeners.requests[0].connect_to, "[::1]:80");
}

ListenAddress unix_socket(const std::string& path) {
  ListenAddress address;
  address.unix_socket = path;
  return address;
}

TEST(Http01SelfCheck, SpeaksAsTheProxyInFrontWould) {
  Listeners listeners(
      [](const HttpRequest&) { return response(200, "token.thumbprint"); });
  ListenAddress address = unix_socket("/run/http.sock");
  address.proxy_protocol = true;
  EXPECT_EQ(fault(listeners, {address}), "");
  ASSERT_EQ(listeners.requests.size(), 1U);
  EXPECT_EQ(listeners.requests[0].unix_socket, "/run/http.sock");
  EXPECT_EQ(listeners.requests[0].connect_to, "");
  EXPECT_TRUE(listeners.requests[0].proxy_protocol);
}

TEST(Http01SelfCheck, SaysWhatASocketOfTheFileSystemAnswered) {
  Listeners listeners([](const HttpRequest&) { return response(404, ""); });
  EXPECT_EQ(fault(listeners, {unix_socket("/run/http.sock")}),
            "unix:/run/http.sock: HTTP 404");
}

TEST(Http01SelfCheck, DoesNotBlameASocketThatIsClosedToUs) {
  Listeners listeners([](const HttpRequest& request) -> HttpResponse {
    if (request.unix_socket.empty()) {
      return response(404, "");
    }
    throw Error(ErrorKind::kUnavailable, "permission denied");
  });
  EXPECT_EQ(
      fault(listeners, {{"127.0.0.1", 80}, unix_socket("/run/http.sock")}), "");
  EXPECT_EQ(listeners.requests.size(), 2U);
}

TEST(Http01SelfCheck, IsContentWithOneListenerOfSeveral) {
  Listeners listeners([](const HttpRequest& request) {
    return request.connect_to == "127.0.0.1:81"
               ? response(200, "token.thumbprint\n")
               : response(404, "");
  });
  EXPECT_EQ(fault(listeners, {{"127.0.0.1", 80}, {"127.0.0.1", 81}}), "");
}

TEST(Http01SelfCheck, SaysWhatEachListenerAnswered) {
  Listeners listeners([](const HttpRequest& request) -> HttpResponse {
    if (request.connect_to == "127.0.0.1:80") {
      return response(403, "");
    }
    if (request.connect_to == "127.0.0.1:81") {
      return response(200, "Welcome!");
    }
    throw Error(ErrorKind::kUnavailable, "connection refused");
  });
  EXPECT_EQ(fault(listeners,
                  {{"127.0.0.1", 80}, {"127.0.0.1", 81}, {"127.0.0.1", 82}}),
            "127.0.0.1:80: HTTP 403, 127.0.0.1:81: something else answered, "
            "127.0.0.1:82: connection refused");
}

TEST(Http01SelfCheck, SaysWhenNobodyListens) {
  Listeners listeners([](const HttpRequest&) { return response(200, ""); });
  EXPECT_THAT(fault(listeners, {}),
              HasSubstr("no server listens on plain HTTP"));
  EXPECT_TRUE(listeners.requests.empty());
}

TEST(Http01SelfCheck, EndsWhenItIsStopped) {
  Listeners listeners([](const HttpRequest&) -> HttpResponse {
    throw Error(ErrorKind::kStopped, "stopping");
  });
  EXPECT_THROW(fault(listeners, {{"127.0.0.1", 80}, {"127.0.0.1", 81}}), Error);
  EXPECT_EQ(listeners.requests.size(), 1U);
}

}  // namespace
}  // namespace acme
