// SPDX-License-Identifier: BSD-2-Clause
// One CA account: signs requests, keeps nonces, reads answers.
//
// Every function does what its section of RFC 8555 says and nothing more: the
// order flow above decides what to ask and how often. All of them block, and
// throw Error: kUnavailable without an answer or with a 5xx or unreadable one,
// what Problem::to_error() says otherwise, kStopped on a stop request.
#pragma once

#include <cstdint>
#include <mutex>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

#include "acme_core/crypto/certificate.h"
#include "acme_core/crypto/private_key.h"
#include "acme_core/env/clock.h"
#include "acme_core/net/http_client.h"
#include "acme_core/protocol/account.h"
#include "acme_core/protocol/authorization.h"
#include "acme_core/protocol/directory.h"
#include "acme_core/protocol/nonce_pool.h"
#include "acme_core/protocol/order.h"

namespace acme {

/// A resource and when the CA wants to be asked about it again.
template <typename Resource>
struct Answer {
  Resource resource;
  std::optional<TimePoint> retry_at;
};

/// Thread-safe once the account is set: several orders share one client.
class Client {
 public:
  /// `http` and `clock` must outlive the client.
  Client(HttpClient& http, Clock& clock, std::string directory_url,
         PrivateKey account_key);

  /// Section 7.1.1. Fetched once and kept for an hour.
  [[nodiscard]] Directory directory(std::stop_token stop);

  /// Section 7.3: creates the account, or finds the one this key already has.
  /// Later requests use it.
  Account new_account(const NewAccount& account, std::stop_token stop);

  /// Uses an account known from before; "" forgets it.
  void use_account(std::string url);
  [[nodiscard]] std::string account_url() const;

  /// Section 7.4.
  [[nodiscard]] Answer<Order> new_order(
      const std::vector<Identifier>& identifiers, std::stop_token stop);
  [[nodiscard]] Answer<Order> fetch_order(const std::string& url,
                                          std::stop_token stop);
  [[nodiscard]] Answer<Order> finalize(const Order& order,
                                       const std::vector<std::uint8_t>& csr,
                                       std::stop_token stop);

  /// Section 7.5.
  [[nodiscard]] Answer<Authorization> fetch_authorization(
      const std::string& url, std::stop_token stop);

  /// Section 7.5.1: tells the CA that the challenge is answered.
  void respond(const Challenge& challenge, std::stop_token stop);

  /// Section 7.4.2: the chain in PEM, as the CA sent it.
  [[nodiscard]] std::string download_certificate(const std::string& url,
                                                 std::stop_token stop);

  [[nodiscard]] const PrivateKey& account_key() const noexcept {
    return account_key_;
  }

 private:
  enum class SignWith { kAccount, kPublicKey };

  /// Sections 6.2–6.5: signs with a fresh nonce, sends, and repeats on
  /// badNonce, at most twenty times.
  HttpResponse post(const std::string& url, std::string_view payload,
                    SignWith sign_with, std::stop_token stop,
                    std::string_view accept = {});
  [[nodiscard]] std::string nonce(std::stop_token stop);
  [[nodiscard]] Error refused(const std::string& url,
                              const HttpResponse& response) const;
  [[nodiscard]] Answer<Order> read_order(const std::string& url,
                                         const HttpResponse& response) const;

  HttpClient& http_;
  Clock& clock_;
  const std::string directory_url_;
  const PrivateKey account_key_;
  NoncePool nonces_;

  mutable std::mutex mutex_;  ///< guards what follows
  std::optional<Directory> directory_;
  TimePoint directory_fetched_;
  std::string account_url_;
};

}  // namespace acme
