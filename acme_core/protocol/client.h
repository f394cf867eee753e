// SPDX-License-Identifier: BSD-2-Clause
// One CA account: signs requests, keeps nonces, reads answers.
//
// Every function does what its section of RFC 8555 says and nothing more: the
// order flow above decides what to ask and how often. All of them block, and
// throw Error: kUnavailable without an answer or with a 5xx or unreadable one,
// what Problem::to_error() says otherwise, kStopped on a stop request.
#pragma once

#include <cstdint>
#include <memory>
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
#include "acme_core/protocol/renewal_info.h"
#include "acme_core/protocol/revocation.h"

namespace acme {

/// A resource and when the CA wants to be asked about it again.
template <typename Resource>
struct Answer {
  Resource resource;
  std::optional<TimePoint> retry_at;
};

/// A certificate as the CA sent it (section 7.4.2).
struct Download {
  std::string pem;
  /// URLs of the same certificate with other chains.
  std::vector<std::string> alternates;
  /// What time it is by the CA's clock; nullopt when it does not say.
  std::optional<TimePoint> ca_time;
};

struct PreAuthorization {
  std::string url;
  Authorization authorization;
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
  /// Later requests use it. An external account is bound to it (7.3.4).
  Account new_account(const NewAccount& account, std::stop_token stop);

  /// Section 7.3.1: the account of this key, or nullopt. Later requests use it.
  std::optional<Account> find_account(std::stop_token stop);

  /// The account in use, as the CA has it.
  [[nodiscard]] Account fetch_account(std::stop_token stop);

  /// Section 7.3.2: replaces all contacts.
  Account update_contacts(const std::vector<std::string>& contacts,
                          std::stop_token stop);

  /// Section 7.3.5: the account's key becomes `next`; later requests use it.
  void change_key(PrivateKey next, std::stop_token stop);

  /// Section 7.3.6: the account is of no use any more.
  void deactivate_account(std::stop_token stop);

  /// Section 7.1.2.1: URLs of the account's orders, as far as the CA lists them
  /// on its first hundred pages.
  [[nodiscard]] std::vector<std::string> list_orders(const Account& account,
                                                     std::stop_token stop);

  /// Uses an account known from before; "" forgets it.
  void use_account(std::string url);
  [[nodiscard]] std::string account_url() const;

  /// Uses a key that the CA is known to have for the account.
  void use_key(PrivateKey key);

  /// Section 7.4; RFC 9773 section 5 for what an order replaces.
  [[nodiscard]] Answer<Order> new_order(const OrderRequest& request,
                                        std::stop_token stop);
  [[nodiscard]] Answer<Order> fetch_order(const std::string& url,
                                          std::stop_token stop);
  [[nodiscard]] Answer<Order> finalize(const Order& order,
                                       const std::vector<std::uint8_t>& csr,
                                       std::stop_token stop);

  /// Section 7.5.
  [[nodiscard]] Answer<Authorization> fetch_authorization(
      const std::string& url, std::stop_token stop);

  /// Section 7.4.1: an authorization before there is an order for its name.
  [[nodiscard]] PreAuthorization new_authorization(const Identifier& identifier,
                                                   std::stop_token stop);

  /// Section 7.5.2: gives up an authorization.
  void deactivate_authorization(const std::string& url, std::stop_token stop);

  /// Section 7.5.1: tells the CA that the challenge is answered.
  void respond(const Challenge& challenge, std::stop_token stop);

  /// Section 7.4.2.
  [[nodiscard]] Download download_certificate(const std::string& url,
                                              std::stop_token stop);

  /// Section 7.6, signed by the account.
  void revoke(const CertificateChain& chain, RevocationReason reason,
              std::stop_token stop);
  /// The same, signed by the certificate's own key: for whoever has no account.
  void revoke_with_key(const CertificateChain& chain,
                       const PrivateKey& certificate_key,
                       RevocationReason reason, std::stop_token stop);

  /// When the CA suggests to renew (RFC 9773 section 4). nullopt when it has no
  /// such service, or the certificate no authority key identifier. Throws
  /// Error(kTransient) for an answer that cannot be read.
  [[nodiscard]] std::optional<Answer<RenewalInfo>> renewal_info(
      const CertificateChain& chain, std::stop_token stop);

  /// The key that signs; another one after change_key().
  [[nodiscard]] std::shared_ptr<const PrivateKey> account_key() const;

 private:
  /// Who signs a request: its key, and the account's URL or nothing, which puts
  /// the public key into the header (section 6.2).
  struct Signer {
    std::shared_ptr<const PrivateKey> key;
    std::string kid;
  };

  [[nodiscard]] Signer account() const;
  [[nodiscard]] Signer account_key_alone() const;

  /// Sections 6.2–6.5: signs with a fresh nonce, sends, and repeats on
  /// badNonce, at most twenty times.
  HttpResponse post(const std::string& url, std::string_view payload,
                    const Signer& signer, std::stop_token stop,
                    std::string_view accept = {});
  [[nodiscard]] HttpResponse get(const std::string& url, std::stop_token stop);
  Account post_account(const std::string& payload, std::stop_token stop);
  [[nodiscard]] std::string revocation_url(std::stop_token stop);
  [[nodiscard]] std::string nonce(std::stop_token stop);
  [[nodiscard]] Error refused(const std::string& url,
                              const HttpResponse& response) const;
  [[nodiscard]] Answer<Order> read_order(const std::string& url,
                                         const HttpResponse& response) const;
  [[nodiscard]] Answer<Authorization> read_authorization(
      const std::string& url, const HttpResponse& response) const;

  HttpClient& http_;
  Clock& clock_;
  const std::string directory_url_;
  NoncePool nonces_;

  mutable std::mutex mutex_;  ///< guards what follows
  std::shared_ptr<const PrivateKey> account_key_;
  std::optional<Directory> directory_;
  TimePoint directory_fetched_;
  std::string account_url_;
};

}  // namespace acme
