// SPDX-License-Identifier: BSD-2-Clause
// Requests of one CA account.
#include "acme_core/protocol/client.h"

#include <chrono>
#include <utility>

#include "acme_core/crypto/jws.h"
#include "acme_core/env/log.h"
#include "acme_core/protocol/retry_after.h"

namespace acme {
namespace {

// Each costs one round trip; a CA may be allowed to refuse every second nonce.
constexpr int kMostBadNonces = 20;
constexpr std::chrono::hours kDirectoryLifetime{1};
constexpr std::string_view kJose = "application/jose+json";
constexpr std::string_view kPemChain = "application/pem-certificate-chain";

bool is_success(const HttpResponse& response) {
  return response.status >= 200 && response.status < 300;
}

Error unreadable(const std::string& url, const std::string& what) {
  return {ErrorKind::kUnavailable,
          "the CA's answer from " + printable(url) + " " + what};
}

std::string location_of(const std::string& url, const HttpResponse& response) {
  const auto location = response.header("location");
  if (!location || !location->starts_with("https://")) {
    throw unreadable(url, "has no https Location");
  }
  return std::string(*location);
}

}  // namespace

Client::Client(HttpClient& http, Clock& clock, std::string directory_url,
               PrivateKey account_key)
    : http_(http),
      clock_(clock),
      directory_url_(std::move(directory_url)),
      account_key_(std::move(account_key)) {}

Directory Client::directory(std::stop_token stop) {
  {
    const std::lock_guard lock(mutex_);
    if (directory_ && clock_.now() - directory_fetched_ < kDirectoryLifetime) {
      return *directory_;
    }
  }
  HttpRequest request;
  request.url = directory_url_;
  const HttpResponse response = http_.send(request, std::move(stop));
  if (!is_success(response)) {
    throw refused(directory_url_, response);
  }
  std::optional<Directory> directory = parse_directory(response.body);
  if (!directory) {
    throw unreadable(directory_url_,
                     "is not an ACME directory; check the issuer's \"uri\"");
  }
  const std::lock_guard lock(mutex_);
  directory_ = std::move(directory);
  directory_fetched_ = clock_.now();
  return *directory_;
}

Account Client::new_account(const NewAccount& account, std::stop_token stop) {
  const std::string url = directory(stop).new_account;
  const HttpResponse response =
      post(url, new_account_payload(account), SignWith::kPublicKey, stop);
  std::optional<Account> made = parse_account(response.body);
  if (!made) {
    throw unreadable(url, "is not an account");
  }
  made->url = location_of(url, response);
  use_account(made->url);
  return std::move(*made);
}

void Client::use_account(std::string url) {
  const std::lock_guard lock(mutex_);
  account_url_ = std::move(url);
}

std::string Client::account_url() const {
  const std::lock_guard lock(mutex_);
  return account_url_;
}

Answer<Order> Client::new_order(const std::vector<Identifier>& identifiers,
                                std::stop_token stop) {
  const std::string url = directory(stop).new_order;
  const HttpResponse response =
      post(url, new_order_payload(identifiers), SignWith::kAccount, stop);
  return read_order(location_of(url, response), response);
}

Answer<Order> Client::fetch_order(const std::string& url,
                                  std::stop_token stop) {
  return read_order(url, post(url, "", SignWith::kAccount, stop));
}

Answer<Order> Client::finalize(const Order& order,
                               const std::vector<std::uint8_t>& csr,
                               std::stop_token stop) {
  return read_order(order.url, post(order.finalize, finalize_payload(csr),
                                    SignWith::kAccount, stop));
}

Answer<Authorization> Client::fetch_authorization(const std::string& url,
                                                  std::stop_token stop) {
  const HttpResponse response = post(url, "", SignWith::kAccount, stop);
  std::optional<Authorization> authorization =
      parse_authorization(response.body);
  if (!authorization) {
    throw unreadable(url, "is not an authorization");
  }
  return {std::move(*authorization), retry_after(response, clock_.now())};
}

void Client::respond(const Challenge& challenge, std::stop_token stop) {
  // The empty object, not the empty payload: that would only read it.
  post(challenge.url, "{}", SignWith::kAccount, stop);
}

std::string Client::download_certificate(const std::string& url,
                                         std::stop_token stop) {
  return post(url, "", SignWith::kAccount, stop, kPemChain).body;
}

HttpResponse Client::post(const std::string& url, std::string_view payload,
                          SignWith sign_with, std::stop_token stop,
                          std::string_view accept) {
  HttpRequest request;
  request.method = HttpRequest::Method::kPost;
  request.url = url;
  request.content_type = kJose;
  request.accept = accept;
  for (int bad_nonces = 0;; ++bad_nonces) {
    JwsHeader header{nonce(stop), url, {}};
    if (sign_with == SignWith::kAccount) {
      header.kid = account_url();
    }
    request.body = sign_jws(account_key_, header, payload);
    HttpResponse response = http_.send(request, stop);
    if (const auto fresh = response.header("replay-nonce")) {
      nonces_.put(*fresh);
    }
    if (is_success(response)) {
      return response;
    }
    // Section 6.5: the error's own nonce is good for the next try.
    Error error = refused(url, response);
    if (error.problem_type() != "badNonce" || bad_nonces == kMostBadNonces) {
      throw error;
    }
    // The pooled ones are likely as old as the refused one.
    const auto fresh = nonces_.take();
    nonces_.clear();
    nonces_.put(fresh.value_or(""));
  }
}

std::string Client::nonce(std::stop_token stop) {
  if (auto pooled = nonces_.take()) {
    return std::move(*pooled);
  }
  HttpRequest request;
  request.method = HttpRequest::Method::kHead;
  request.url = directory(stop).new_nonce;
  const HttpResponse response = http_.send(request, std::move(stop));
  if (!is_success(response)) {
    throw refused(request.url, response);
  }
  nonces_.put(response.header("replay-nonce").value_or(""));
  auto fresh = nonces_.take();
  if (!fresh) {
    throw unreadable(request.url, "has no valid nonce");
  }
  return std::move(*fresh);
}

Error Client::refused(const std::string& url,
                      const HttpResponse& response) const {
  const auto retry_at = retry_after(response, clock_.now());
  const std::string status = "HTTP " + std::to_string(response.status);
  const std::optional<Problem> problem = parse_problem(response.body);
  if (problem && !problem->type.empty() && response.status < 500) {
    return problem->to_error("the CA refused (" + status + ")", retry_at);
  }
  // Anything may stand in between and answer in the CA's place.
  Error error(
      response.status >= 400 && response.status < 500 && response.status != 429
          ? ErrorKind::kPermanent
          : ErrorKind::kUnavailable,
      status + " from " + printable(url) +
          (problem && !problem->detail.empty() ? ": " + problem->describe()
                                               : std::string()));
  return error.with_retry_at(retry_at);
}

Answer<Order> Client::read_order(const std::string& url,
                                 const HttpResponse& response) const {
  std::optional<Order> order = parse_order(response.body);
  if (!order) {
    throw unreadable(url, "is not an order");
  }
  order->url = url;
  return {std::move(*order), retry_after(response, clock_.now())};
}

}  // namespace acme
