// SPDX-License-Identifier: BSD-2-Clause
// Requests of one CA account.
#include "acme_core/protocol/client.h"

#include <chrono>
#include <utility>

#include "acme_core/crypto/jws.h"
#include "acme_core/env/log.h"
#include "acme_core/protocol/link_header.h"
#include "acme_core/protocol/retry_after.h"
#include "acme_core/protocol/url_reference.h"

namespace acme {
namespace {

// Each costs one round trip; a CA may be allowed to refuse every second nonce.
constexpr int kMostBadNonces = 20;
constexpr std::chrono::hours kDirectoryLifetime{1};
constexpr std::chrono::seconds kOrderGrace{1};
// Of an account's list of orders: a list without an end must end.
constexpr int kMostPages = 100;
constexpr std::string_view kJose = "application/jose+json";
constexpr std::string_view kPemChain = "application/pem-certificate-chain";

bool is_success(const HttpResponse& response) {
  return response.status >= 200 && response.status < 300;
}

Error unreadable(const std::string& url, const std::string& what,
                 ErrorKind kind = ErrorKind::kUnavailable) {
  return {kind, "the CA's answer from " + printable(url) + " " + what};
}

std::string location_of(const std::string& url, const HttpResponse& response) {
  const auto location = response.header("location");
  auto target = location ? resolve_reference(*location, url) : std::nullopt;
  if (!target) {
    throw unreadable(url, "has no https Location");
  }
  return std::move(*target);
}

Account read_account(const std::string& url, const HttpResponse& response) {
  std::optional<Account> account = parse_account(response.body);
  if (!account) {
    throw unreadable(url, "is not an account");
  }
  account->url = url;
  return std::move(*account);
}

Authorization read_authorization(const std::string& url,
                                 const HttpResponse& response) {
  std::optional<Authorization> authorization =
      parse_authorization(response.body);
  if (!authorization) {
    throw unreadable(url, "is not an authorization", ErrorKind::kTransient);
  }
  return std::move(*authorization);
}

// An optional resource of the directory.
const std::string& offered(const std::string& url, const std::string& what) {
  if (url.empty()) {
    throw Error(ErrorKind::kPermanent, "the CA does not offer " + what);
  }
  return url;
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
    if (directory_ &&
        clock_.steady_now() - directory_fetched_ < kDirectoryLifetime) {
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
  directory_fetched_ = clock_.steady_now();
  return *directory_;
}

Account Client::new_account(const NewAccount& account, std::stop_token stop) {
  const std::string url = directory(stop).new_account;
  const Signer by_key{account_key(), {}};
  std::string binding;
  if (account.external_account) {
    binding =
        sign_external_account(account.external_account->key,
                              account.external_account->kid, url, *by_key.key);
  }
  const HttpResponse response =
      post(url, new_account_payload(account, binding), by_key, std::move(stop));
  Account made = read_account(url, response);
  made.url = location_of(url, response);
  use_account(made.url);
  confirm(made.url);
  return made;
}

std::optional<Account> Client::find_account(std::stop_token stop) {
  try {
    return new_account({.contacts = {}, .only_return_existing = true},
                       std::move(stop));
  } catch (const Error& error) {
    if (error.problem_type() != "accountDoesNotExist") {
      throw;
    }
    return std::nullopt;
  }
}

void Client::use_account(std::string url) {
  const std::lock_guard lock(mutex_);
  account_url_ = std::move(url);
  is_confirmed_ = false;
}

void Client::confirm(const std::string& account_url) {
  const std::lock_guard lock(mutex_);
  is_confirmed_ |= !account_url.empty() && account_url == account_url_;
}

bool Client::is_confirmed(const std::string& account_url) const {
  const std::lock_guard lock(mutex_);
  return is_confirmed_ && account_url == account_url_;
}

std::string Client::account_url() const {
  const std::lock_guard lock(mutex_);
  return account_url_;
}

std::shared_ptr<const PrivateKey> Client::account_key() const {
  const std::lock_guard lock(mutex_);
  return account_key_;
}

// Another order may just have found that the CA does not know the account by
// its URL: who meets that moment is to look for it, too.
Client::Signer Client::account() const {
  const std::lock_guard lock(mutex_);
  if (account_url_.empty()) {
    throw Error(ErrorKind::kPermanent, "there is no account yet")
        .with_problem_type("accountDoesNotExist")
        .with_subject(ErrorSubject::kRequest);
  }
  return {account_key_, account_url_};
}

Account Client::fetch_account(std::stop_token stop) {
  const Signer signer = account();
  return read_account(signer.kid,
                      post(signer.kid, "", signer, std::move(stop)));
}

Account Client::update_contacts(const std::vector<std::string>& contacts,
                                std::stop_token stop) {
  const Signer signer = account();
  return read_account(signer.kid, post(signer.kid, contacts_payload(contacts),
                                       signer, std::move(stop)));
}

// The new key consents inside, the old one outside (section 7.3.5).
void Client::change_key(PrivateKey next, std::stop_token stop) {
  const Signer signer = account();
  const std::string url = offered(directory(stop).key_change, "new keys");
  const std::string consent =
      sign_jws(next, {.nonce = {}, .url = url, .kid = {}},
               key_change_payload(signer.kid, *signer.key));
  post(url, consent, signer, std::move(stop));
  use_key(std::move(next));
}

std::optional<Directory> Client::known_directory() const {
  const std::lock_guard lock(mutex_);
  return directory_;
}

void Client::use_key(PrivateKey key) {
  const std::lock_guard lock(mutex_);
  account_key_ = std::make_shared<const PrivateKey>(std::move(key));
}

void Client::deactivate_account(std::stop_token stop) {
  const Signer signer = account();
  post(signer.kid, deactivation_payload(), signer, std::move(stop));
}

std::vector<std::string> Client::list_orders(const Account& account,
                                             std::stop_token stop) {
  std::vector<std::string> orders;
  std::string url = account.orders;
  for (int page = 0; page < kMostPages && !url.empty(); ++page) {
    const HttpResponse response = post(url, "", Client::account(), stop);
    const auto urls = parse_order_list(response.body);
    if (!urls) {
      throw unreadable(url, "is not a list of orders");
    }
    orders.insert(orders.end(), urls->begin(), urls->end());
    const std::vector<std::string> next = link_targets(response, "next", url);
    url = next.empty() ? std::string() : next.front();
  }
  return orders;
}

Answer<Order> Client::new_order(const OrderRequest& order,
                                std::stop_token stop) {
  HttpRequest request;
  request.grace = kOrderGrace;
  const std::string url = directory(stop).new_order;
  const HttpResponse response = post(url, new_order_payload(order), account(),
                                     std::move(stop), std::move(request));
  return read_order(location_of(url, response), response);
}

Answer<Order> Client::fetch_order(const std::string& url,
                                  std::stop_token stop) {
  return read_order(url, post(url, "", account(), std::move(stop)));
}

Answer<Order> Client::finalize(const Order& order,
                               const std::vector<std::uint8_t>& csr,
                               std::stop_token stop) {
  return read_order(order.url, post(order.finalize, finalize_payload(csr),
                                    account(), std::move(stop)));
}

NewAuthorization Client::new_authorization(const Identifier& identifier,
                                           std::stop_token stop) {
  const std::string url = offered(directory(stop).new_authorization,
                                  "authorizations without an order");
  const HttpResponse response = post(url, new_authorization_payload(identifier),
                                     account(), std::move(stop));
  return {location_of(url, response), read_authorization(url, response)};
}

Answer<Authorization> Client::fetch_authorization(const std::string& url,
                                                  std::stop_token stop) {
  const HttpResponse response = post(url, "", account(), std::move(stop));
  return {read_authorization(url, response),
          retry_after(response, clock_.now())};
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
  HttpRequest request;
  request.accept = kPemChain;
  HttpResponse response =
      post(url, "", account(), std::move(stop), std::move(request));
  return {std::move(response.body), link_targets(response, "alternate", url),
          parse_http_date(response.header("date").value_or(""))};
}

void Client::revoke(const CertificateChain& chain, RevocationReason reason,
                    std::stop_token stop) {
  post_revocation(chain, reason, account(), std::move(stop));
}

void Client::revoke_with_key(const CertificateChain& chain,
                             const PrivateKey& certificate_key,
                             RevocationReason reason, std::stop_token stop) {
  // Borrowed: the caller keeps the key while we wait for the CA.
  const std::shared_ptr<const PrivateKey> borrowed(
      std::shared_ptr<const PrivateKey>(), &certificate_key);
  post_revocation(chain, reason, {borrowed, {}}, std::move(stop));
}

void Client::post_revocation(const CertificateChain& chain,
                             RevocationReason reason, const Signer& signer,
                             std::stop_token stop) {
  const std::string url =
      offered(directory(stop).revoke_certificate, "revocation");
  post(url, revocation_payload(chain.der().front(), reason), signer,
       std::move(stop));
}

std::optional<Answer<RenewalInfo>> Client::renewal_info(
    const CertificateChain& chain, std::stop_token stop) {
  const std::optional<std::string> id = chain.renewal_id();
  HttpRequest request;
  request.url = directory(stop).renewal_info;
  if (!id || request.url.empty()) {
    return std::nullopt;
  }
  request.url.append(request.url.ends_with('/') ? "" : "/").append(*id);
  const HttpResponse response = http_.send(request, std::move(stop));
  if (!is_success(response)) {
    throw refused(request.url, response);
  }
  const auto retry_at = retry_after(response, clock_.now());
  std::optional<RenewalInfo> info = parse_renewal_info(response.body);
  if (!info) {
    throw Error(ErrorKind::kTransient, "the CA's answer from " +
                                           printable(request.url) +
                                           " is no renewal information")
        .with_retry_at(retry_at);
  }
  return Answer<RenewalInfo>{std::move(*info), retry_at};
}

HttpResponse Client::post(const std::string& url, std::string_view payload,
                          const Signer& signer, std::stop_token stop,
                          HttpRequest request) {
  request.method = HttpRequest::Method::kPost;
  request.url = url;
  request.content_type = kJose;
  for (int bad_nonces = 0;; ++bad_nonces) {
    request.body =
        sign_jws(*signer.key, {nonce(stop), url, signer.kid}, payload);
    HttpResponse response = http_.send(request, stop);
    if (const auto fresh = response.header("replay-nonce")) {
      nonces_.put(*fresh);
    }
    if (is_success(response)) {
      confirm(signer.kid);
      return response;
    }
    // Section 6.5: the error's own nonce is good for the next try.
    Error error = refused(url, response);
    if (!signer.kid.empty()) {
      error.with_subject(ErrorSubject::kRequest);
    }
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
    std::string what = "the CA refused (" + status;
    // Section 7.3.3: what the operator has to read and agree to.
    const auto terms = link_targets(response, "terms-of-service", url);
    if (problem->type == "userActionRequired" && !terms.empty()) {
      what += "; terms of service: " + printable(terms.front());
    }
    return problem->to_error(what + ")", retry_at)
        .with_http_status(response.status);
  }
  // Anything may stand in between and answer in the CA's place.
  Error error(
      response.status >= 400 && response.status < 500 && response.status != 429
          ? ErrorKind::kPermanent
          : ErrorKind::kUnavailable,
      status + " from " + printable(url) +
          (problem && !problem->detail.empty() ? ": " + problem->describe()
                                               : std::string()));
  error.with_retry_at(retry_at).with_http_status(response.status);
  return problem ? error.with_problem_type(problem->type) : error;
}

Answer<Order> Client::read_order(const std::string& url,
                                 const HttpResponse& response) const {
  std::optional<Order> order = parse_order(response.body);
  if (!order) {
    throw unreadable(url, "is not an order", ErrorKind::kTransient);
  }
  order->url = url;
  return {std::move(*order), retry_after(response, clock_.now())};
}

}  // namespace acme
