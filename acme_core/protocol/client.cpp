// SPDX-License-Identifier: BSD-2-Clause
// Requests of one CA account.
#include "acme_core/protocol/client.h"

#include <chrono>
#include <utility>

#include "acme_core/crypto/jws.h"
#include "acme_core/env/log.h"
#include "acme_core/protocol/http_date.h"
#include "acme_core/protocol/link_header.h"
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
      account_key_(std::make_shared<const PrivateKey>(std::move(account_key))) {
}

Directory Client::directory(std::stop_token stop) {
  {
    const std::lock_guard lock(mutex_);
    if (directory_ && clock_.now() - directory_fetched_ < kDirectoryLifetime) {
      return *directory_;
    }
  }
  const HttpResponse response = get(directory_url_, std::move(stop));
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
  const Signer signer = account_key_alone();
  std::string binding;
  if (account.external_account) {
    binding =
        sign_external_account(account.external_account->key,
                              account.external_account->kid, url, *signer.key);
  }
  const HttpResponse response =
      post(url, new_account_payload(account, binding), signer, stop);
  std::optional<Account> made = parse_account(response.body);
  if (!made) {
    throw unreadable(url, "is not an account");
  }
  made->url = location_of(url, response);
  use_account(made->url);
  return std::move(*made);
}

std::optional<Account> Client::find_account(std::stop_token stop) {
  NewAccount account;
  account.only_return_existing = true;
  try {
    return new_account(account, std::move(stop));
  } catch (const Error& error) {
    if (error.problem_type() == "accountDoesNotExist") {
      return std::nullopt;
    }
    throw;
  }
}

Account Client::fetch_account(std::stop_token stop) {
  return post_account("", std::move(stop));
}

Account Client::update_contacts(const std::vector<std::string>& contacts,
                                std::stop_token stop) {
  return post_account(contacts_payload(contacts), std::move(stop));
}

void Client::deactivate_account(std::stop_token stop) {
  post_account(deactivation_payload(), std::move(stop));
}

Account Client::post_account(const std::string& payload, std::stop_token stop) {
  const Signer signer = account();
  const HttpResponse response =
      post(signer.kid, payload, signer, std::move(stop));
  std::optional<Account> current = parse_account(response.body);
  if (!current) {
    throw unreadable(signer.kid, "is not an account");
  }
  current->url = signer.kid;
  return std::move(*current);
}

void Client::change_key(PrivateKey next, std::stop_token stop) {
  const std::string url = directory(stop).key_change;
  if (url.empty()) {
    throw Error(ErrorKind::kPermanent, "the CA changes no account keys");
  }
  const Signer old = account();
  const std::string inner =
      sign_jws(next, {.nonce = {}, .url = url, .kid = {}},
               key_change_payload(old.kid, old.key->jwk()));
  post(url, inner, old, std::move(stop));
  use_key(std::move(next));
}

std::vector<std::string> Client::list_orders(const Account& account,
                                             std::stop_token stop) {
  constexpr int kMostPages = 100;
  std::vector<std::string> urls;
  std::string page = account.orders;
  for (int i = 0; i < kMostPages && !page.empty(); ++i) {
    const HttpResponse response = post(page, "", this->account(), stop);
    const auto list = parse_order_list(response.body);
    if (!list) {
      throw unreadable(page, "is not a list of orders");
    }
    urls.insert(urls.end(), list->begin(), list->end());
    const auto next = links(response, "next", page);
    page = next.empty() ? std::string() : next.front();
  }
  return urls;
}

void Client::use_account(std::string url) {
  const std::lock_guard lock(mutex_);
  account_url_ = std::move(url);
}

std::string Client::account_url() const {
  const std::lock_guard lock(mutex_);
  return account_url_;
}

void Client::use_key(PrivateKey key) {
  const std::lock_guard lock(mutex_);
  account_key_ = std::make_shared<const PrivateKey>(std::move(key));
}

std::shared_ptr<const PrivateKey> Client::account_key() const {
  const std::lock_guard lock(mutex_);
  return account_key_;
}

Answer<Order> Client::new_order(const OrderRequest& request,
                                std::stop_token stop) {
  const std::string url = directory(stop).new_order;
  const HttpResponse response =
      post(url, new_order_payload(request), account(), stop);
  return read_order(location_of(url, response), response);
}

Answer<Order> Client::fetch_order(const std::string& url,
                                  std::stop_token stop) {
  return read_order(url, post(url, "", account(), stop));
}

Answer<Order> Client::finalize(const Order& order,
                               const std::vector<std::uint8_t>& csr,
                               std::stop_token stop) {
  return read_order(
      order.url, post(order.finalize, finalize_payload(csr), account(), stop));
}

Answer<Authorization> Client::fetch_authorization(const std::string& url,
                                                  std::stop_token stop) {
  return read_authorization(url, post(url, "", account(), stop));
}

PreAuthorization Client::new_authorization(const Identifier& identifier,
                                           std::stop_token stop) {
  const std::string url = directory(stop).new_authorization;
  if (url.empty()) {
    throw Error(ErrorKind::kPermanent, "the CA authorizes with orders only");
  }
  const HttpResponse response =
      post(url, new_authorization_payload(identifier), account(), stop);
  return {location_of(url, response),
          read_authorization(url, response).resource};
}

void Client::deactivate_authorization(const std::string& url,
                                      std::stop_token stop) {
  post(url, deactivation_payload(), account(), std::move(stop));
}

void Client::respond(const Challenge& challenge, std::stop_token stop) {
  // The empty object, not the empty payload: that would only read it.
  post(challenge.url, "{}", account(), std::move(stop));
}

Download Client::download_certificate(const std::string& url,
                                      std::stop_token stop) {
  HttpResponse response = post(url, "", account(), std::move(stop), kPemChain);
  Download download{{}, links(response, "alternate", url), std::nullopt};
  if (const auto date = response.header("date")) {
    download.ca_time = parse_http_date(*date);
  }
  download.pem = std::move(response.body);
  return download;
}

void Client::revoke(const CertificateChain& chain, RevocationReason reason,
                    std::stop_token stop) {
  post(revocation_url(stop), revocation_payload(chain, reason), account(),
       stop);
}

void Client::revoke_with_key(const CertificateChain& chain,
                             const PrivateKey& certificate_key,
                             RevocationReason reason, std::stop_token stop) {
  post(revocation_url(stop), revocation_payload(chain, reason),
       {std::make_shared<const PrivateKey>(certificate_key.copy()), {}}, stop);
}

std::string Client::revocation_url(std::stop_token stop) {
  std::string url = directory(std::move(stop)).revoke_certificate;
  if (url.empty()) {
    throw Error(ErrorKind::kPermanent, "the CA revokes no certificates");
  }
  return url;
}

std::optional<Answer<RenewalInfo>> Client::renewal_info(
    const CertificateChain& chain, std::stop_token stop) {
  std::string url = directory(stop).renewal_info;
  const std::optional<std::string> id = chain.renewal_id();
  if (url.empty() || !id) {
    return std::nullopt;
  }
  url += (url.ends_with('/') ? "" : "/") + *id;
  const HttpResponse response = get(url, std::move(stop));
  const std::optional<RenewalInfo> info = parse_renewal_info(response.body);
  if (!info) {
    throw Error(ErrorKind::kTransient, "the CA's answer from " +
                                           printable(url) +
                                           " suggests no time to renew");
  }
  return Answer<RenewalInfo>{*info, retry_after(response, clock_.now())};
}

Client::Signer Client::account() const {
  const std::lock_guard lock(mutex_);
  return {account_key_, account_url_};
}

Client::Signer Client::account_key_alone() const { return {account_key(), {}}; }

HttpResponse Client::get(const std::string& url, std::stop_token stop) {
  HttpRequest request;
  request.url = url;
  HttpResponse response = http_.send(request, std::move(stop));
  if (!is_success(response)) {
    throw refused(url, response);
  }
  return response;
}

HttpResponse Client::post(const std::string& url, std::string_view payload,
                          const Signer& signer, std::stop_token stop,
                          std::string_view accept) {
  HttpRequest request;
  request.method = HttpRequest::Method::kPost;
  request.url = url;
  request.content_type = kJose;
  request.accept = accept;
  for (int bad_nonces = 0;; ++bad_nonces) {
    request.body =
        sign_jws(*signer.key, {nonce(stop), url, signer.kid}, payload);
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
    Error error =
        problem->to_error("the CA refused (" + status + ")", retry_at);
    // Section 7.3.3: the terms to read before visiting the problem's page.
    const auto terms = links(response, "terms-of-service", url);
    return terms.empty() ? error
                         : error.with_note("the terms are at " +
                                           printable(terms.front(), 4096));
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

Answer<Authorization> Client::read_authorization(
    const std::string& url, const HttpResponse& response) const {
  std::optional<Authorization> authorization =
      parse_authorization(response.body);
  if (!authorization) {
    throw unreadable(url, "is not an authorization");
  }
  return {std::move(*authorization), retry_after(response, clock_.now())};
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
