// SPDX-License-Identifier: BSD-2-Clause
// A web service on the loopback interface, and a client that trusts it.
#pragma once

#include <stdlib.h>

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "acme_core/crypto/private_key.h"
#include "acme_core/net/curl_http_client.h"
#include "tests/support/http_test_server.h"
#include "tests/support/test_ca.h"

namespace acme {

class WebService {
 public:
  explicit WebService(HttpTestServer::Script script)
      : server_(ca_.issue(identifiers_of({"127.0.0.1"}), key_, kFirstYear,
                          kLastYear),
                key_, std::move(script)),
        client_(options(ca_)) {}

  [[nodiscard]] static HttpTestServer::Reply answer(
      std::string_view status_line, std::string_view body) {
    return {HttpTestServer::response(
        status_line, "Content-Type: application/json\r\n", body)};
  }

  [[nodiscard]] std::string url(std::string_view path) const {
    return server_.url(path);
  }
  [[nodiscard]] std::vector<HttpTestServer::Request> requests() const {
    return server_.requests();
  }
  void wait_for_answers(std::size_t count) const {
    server_.wait_for_answers(count);
  }
  [[nodiscard]] HttpClient& client() noexcept { return client_; }

 private:
  // libcurl looks at the real clock.
  static constexpr TimePoint kFirstYear =
      std::chrono::sys_days(std::chrono::year(2001) / std::chrono::January / 1);
  static constexpr TimePoint kLastYear =
      std::chrono::sys_days(std::chrono::year(2098) / std::chrono::January / 1);

  static CurlHttpClientOptions options(const TestCa& ca) {
    // Reached without the proxies of who runs the tests.
    setenv("no_proxy", "*", 1);
    CurlHttpClientOptions result;
    result.user_agent = "ngx-acme-test/1.0";
    result.trusted_certificates = ca.root_pem();
    return result;
  }

  TestCa ca_;
  PrivateKey key_ = PrivateKey::generate(KeyType::kEcdsa256);
  HttpTestServer server_;
  CurlHttpClient client_;
};

}  // namespace acme
