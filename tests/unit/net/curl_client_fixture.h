// SPDX-License-Identifier: BSD-2-Clause
// An https server on loopback and a client of it, for tests of the client.
#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <stdlib.h>

#include <atomic>
#include <chrono>
#include <functional>
#include <future>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "acme_core/error.h"
#include "acme_core/net/curl_http_client.h"
#include "tests/support/http_test_server.h"
#include "tests/support/test_ca.h"

namespace acme {

using namespace std::chrono_literals;
using testing::AllOf;
using testing::HasSubstr;
using testing::Not;
using Then = HttpTestServer::Reply::Then;

// The loopback interface is reached without the proxies of who runs the tests.
class NoProxies : public testing::Environment {
 public:
  void SetUp() override { setenv("no_proxy", "*", 1); }
};
[[maybe_unused]] inline const auto* const no_proxies =
    testing::AddGlobalTestEnvironment(std::make_unique<NoProxies>().release());

// libcurl looks at the real clock.
inline constexpr TimePoint kLongAgo =
    std::chrono::sys_days(std::chrono::year(2001) / std::chrono::January / 1);
inline constexpr TimePoint kFarAhead =
    std::chrono::sys_days(std::chrono::year(2098) / std::chrono::January / 1);

inline HttpRequest get(const std::string& url) {
  HttpRequest request;
  request.url = url;
  return request;
}

inline HttpRequest post(const std::string& url, const std::string& body) {
  HttpRequest request;
  request.method = HttpRequest::Method::kPost;
  request.url = url;
  request.body = body;
  request.content_type = "application/jose+json";
  return request;
}

// The error of a request.
inline Error failure_of(const std::function<HttpResponse()>& send) {
  try {
    const HttpResponse response = send();
    ADD_FAILURE() << "got HTTP " << response.status << ": " << response.body;
  } catch (const Error& error) {
    return error;
  }
  return {ErrorKind::kConfiguration, ""};
}

inline Error failure_of(HttpClient& client, const HttpRequest& request) {
  return failure_of([&] { return client.send(request, {}); });
}

class CurlHttpClientTest : public testing::Test {
 protected:
  static HttpTestServer::Reply ok(std::string_view body = "hello",
                                  Then then = Then::kKeepOpen) {
    return {HttpTestServer::response("200 OK", "", body), then};
  }

  static HttpTestServer::Reply redirect(
      const std::string& location, const std::string& status = "302 Found") {
    return {HttpTestServer::response(status, "Location: " + location + "\r\n",
                                     "moved")};
  }

  // Serves a certificate for the names. The last server is also server().
  HttpTestServer& start(HttpTestServer::Script script,
                        const std::vector<std::string>& names = {"127.0.0.1",
                                                                 "localhost"}) {
    servers_.push_back(std::make_unique<HttpTestServer>(
        ca_.issue(identifiers_of(names), key_, kLongAgo, kFarAhead), key_,
        std::move(script)));
    return *servers_.back();
  }

  HttpTestServer& server() { return *servers_.back(); }

  CurlHttpClientOptions options() const {
    CurlHttpClientOptions result;
    result.user_agent = "ngx-acme-test/1.0";
    result.trusted_certificates = ca_.root_pem();
    return result;
  }

  CurlHttpClient& client() {
    if (!client_) {
      client_ = std::make_unique<CurlHttpClient>(options());
    }
    return *client_;
  }

  // Sends so many bytes of the response, from `first` on and fewer than `last`.
  void expect_refused_when_cut(const std::string& whole, std::size_t first,
                               std::size_t last) {
    for (const Then end : {Then::kClose, Then::kAbort}) {
      std::atomic<std::size_t> sent = whole.size();
      start([&](const auto&) {
        return HttpTestServer::Reply{whole.substr(0, sent), end};
      });
      EXPECT_EQ(client().send(get(server().url()), {}).status, 200);
      for (sent = first; sent < last; ++sent) {
        const Error error = failure_of(client(), get(server().url("/order/1")));
        EXPECT_EQ(error.kind(), ErrorKind::kUnavailable) << sent;
        EXPECT_THAT(error.what(), HasSubstr(server().url(""))) << sent;
      }
      servers_.pop_back();
    }
  }

  TestCa ca_;
  PrivateKey key_ = PrivateKey::generate(KeyType::kEcdsa256);
  std::vector<std::unique_ptr<HttpTestServer>> servers_;
  std::unique_ptr<CurlHttpClient> client_;
};

}  // namespace acme
