// SPDX-License-Identifier: BSD-2-Clause
// The client and a CA that misbehaves on request.
#pragma once

#include <gtest/gtest.h>

#include <functional>
#include <mutex>
#include <nlohmann/json.hpp>
#include <string>
#include <utility>
#include <vector>

#include "acme_core/crypto/base64url.h"
#include "acme_core/error.h"
#include "acme_core/protocol/client.h"
#include "tests/support/failure_of.h"
#include "tests/support/fake_clock.h"
#include "tests/support/scripted_ca.h"

namespace acme {

/// A member of a JWS, decoded.
inline std::vector<std::uint8_t> decoded(const nlohmann::json& jws,
                                         const char* member) {
  return base64url_decode(jws.at(member).get<std::string>()).value();
}

/// The CA's wire: keeps what passes, and may change the answers.
class Wire final : public HttpClient {
 public:
  struct Exchange {
    HttpRequest request;
    HttpResponse response;

    [[nodiscard]] nlohmann::json header() const {
      return nlohmann::json::parse(
          decoded(nlohmann::json::parse(request.body), "protected"));
    }
    [[nodiscard]] std::string payload() const {
      const auto bytes =
          decoded(nlohmann::json::parse(request.body), "payload");
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

  Order order() { return client_.new_order({names_}, {}).resource; }

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

}  // namespace acme
