// SPDX-License-Identifier: BSD-2-Clause
// The steps from an order to a certificate by the protocol's functions alone.
#include "tests/conformance/conformance_fixture.h"

#include <chrono>
#include <stdexcept>

#include "acme_core/crypto/csr.h"
#include "acme_core/protocol/challenge.h"

namespace acme {
namespace {

using std::chrono::milliseconds;

constexpr milliseconds kPause{20};
constexpr int kLooks = 1500;  // half a minute

CurlHttpClientOptions http_options(const CaUnderTest& ca) {
  CurlHttpClientOptions options;
  options.user_agent = "ngx-acme conformance tests";
  options.trusted_certificates = ca.roots;
  return options;
}

}  // namespace

CaConformance::CaConformance()
    : web_(ca().http_host, ca().http_port), http_(http_options(ca())) {}

const CaUnderTest& CaConformance::ca() {
  static const CaUnderTest ca = CaUnderTest::from_environment();
  return ca;
}

std::unique_ptr<Client> CaConformance::stranger(PrivateKey key) {
  return std::make_unique<Client>(http_, clock_, ca().directory,
                                  std::move(key));
}

std::unique_ptr<Client> CaConformance::subscriber(PrivateKey key) {
  auto client = stranger(std::move(key));
  client->new_account(application(), stop_);
  return client;
}

NewAccount CaConformance::application(std::vector<std::string> contacts) {
  NewAccount account;
  account.contacts = std::move(contacts);
  account.terms_of_service_agreed = true;
  account.external_account = ca().external_account;
  return account;
}

Identifier CaConformance::name(const std::string& label) {
  return {Identifier::Type::kDns, label + "." + ca().name_suffix};
}

Identifier CaConformance::address() {
  return {Identifier::Type::kIp, ca().http_host};
}

Issued CaConformance::obtain(Client& client, const OrderRequest& request,
                             KeyType key_type) {
  PrivateKey key = PrivateKey::generate(key_type);
  const Order opened = open(client, request);
  authorize(client, opened);
  Order order = finish(client, opened, key);
  Download download = client.download_certificate(order.certificate, stop_);
  auto chain = CertificateChain::from_pem(download.pem);
  if (!chain) {
    throw std::runtime_error("no certificate: " + download.pem);
  }
  return {std::move(key), std::move(order), std::move(download),
          std::move(*chain)};
}

Issued CaConformance::obtain(Client& client) {
  return obtain(client, {.identifiers = {name()}});
}

Order CaConformance::open(Client& client, const OrderRequest& request) {
  return client.new_order(request, stop_).resource;
}

void CaConformance::authorize(Client& client, const Order& order) {
  for (const std::string& url : order.authorizations) {
    const Authorization authorization =
        client.fetch_authorization(url, stop_).resource;
    if (authorization.status == Authorization::Status::kValid) {
      continue;
    }
    const Challenge* challenge = authorization.find(kHttp01);
    if (challenge == nullptr) {
      throw std::runtime_error("no http-01 is offered");
    }
    const Http01Answer answer(
        web_, authorization.identifier, challenge->token,
        key_authorization(challenge->token, *client.account_key()));
    client.respond(*challenge, stop_);
    const Authorization result =
        wait_for(client, url, [](const Authorization& now) {
          return now.status != Authorization::Status::kPending;
        });
    if (result.status != Authorization::Status::kValid) {
      const Problem* failure = result.failure();
      throw std::runtime_error(failure == nullptr ? "not authorized"
                                                  : failure->describe());
    }
  }
}

Order CaConformance::finish(Client& client, const Order& order,
                            const PrivateKey& key) {
  const auto wait_while = [&](Order current, Order::Status status) {
    for (int look = 0; current.status == status; ++look) {
      if (look == kLooks) {
        throw std::runtime_error("the order does not get on");
      }
      pause();
      current = client.fetch_order(order.url, stop_).resource;
    }
    return current;
  };
  const Order ready = wait_while(client.fetch_order(order.url, stop_).resource,
                                 Order::Status::kPending);
  Order finished = wait_while(
      client.finalize(ready, make_csr(key, order.identifiers), stop_).resource,
      Order::Status::kProcessing);
  if (finished.status != Order::Status::kValid) {
    throw std::runtime_error(finished.error ? finished.error->describe()
                                            : "the order became invalid");
  }
  return finished;
}

Authorization CaConformance::wait_for(
    Client& client, const std::string& authorization,
    const std::function<bool(const Authorization&)>& is_done) {
  for (int look = 0; look < kLooks; ++look) {
    Authorization now =
        client.fetch_authorization(authorization, stop_).resource;
    if (is_done(now)) {
      return now;
    }
    pause();
  }
  throw std::runtime_error("the authorization does not get on");
}

HttpResponse CaConformance::management(const std::string& path) {
  HttpRequest request;
  request.url = ca().management + path;
  return http_.send(request, stop_);
}

HttpResponse CaConformance::tell_management(const std::string& path,
                                            std::string body) {
  HttpRequest request;
  request.method = HttpRequest::Method::kPost;
  request.url = ca().management + path;
  request.body = std::move(body);
  request.content_type = "application/json";
  return http_.send(request, stop_);
}

void CaConformance::pause() {
  if (!clock_.sleep_for(kPause, stop_)) {
    throw std::runtime_error("asked to stop");
  }
}

PrivateKey copy(const PrivateKey& key) {
  auto copied = PrivateKey::from_pem(key.to_pem());
  if (!copied) {
    throw std::runtime_error("a key that cannot be read back");
  }
  return std::move(*copied);
}

}  // namespace acme
