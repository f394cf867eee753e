// SPDX-License-Identifier: BSD-2-Clause
// One CA account: signs requests, keeps nonces, reads answers.
//
// Every function does what its section of RFC 8555 says and nothing more: the
// order flow above decides what to ask and how often. All of them block, and
// throw Error: kUnavailable without an answer or with a 5xx or unreadable one
// (kTransient when only an order or authorization is unreadable),
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

/// An authorization that was asked for without an order.
struct NewAuthorization {
  std::string url;
  Authorization authorization;
};

/// A certificate as the CA sent it.
struct Download {
  std::string pem;
  /// URLs of chains that lead elsewhere (section 7.4.2), at most 16.
  std::vector<std::string> alternates;
  std::optional<TimePoint> ca_time;  ///< the answer's Date field
};

/// Thread-safe: several orders share one client.
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

  /// Section 7.3.1: the account this key has, which later requests use;
  /// nullopt when it has none.
  std::optional<Account> find_account(std::stop_token stop);

  /// Uses an account known from before; "" forgets it.
  void use_account(std::string url);
  [[nodiscard]] std::string account_url() const;
  /// Whether the CA has accepted a request that this account signed, or has
  /// named it: then no later refusal means that its URL is wrong.
  [[nodiscard]] bool is_confirmed(const std::string& account_url) const;

  /// The directory when it is known; asks nobody.
  [[nodiscard]] std::optional<Directory> known_directory() const;

  /// Uses a key that the CA is known to have for the account.
  void use_key(PrivateKey key);

  /// The key requests are signed with; change_key() replaces it.
  [[nodiscard]] std::shared_ptr<const PrivateKey> account_key() const;

  // What follows up to list_orders() needs an account: kPermanent without.

  [[nodiscard]] Account fetch_account(std::stop_token stop);
  /// Section 7.3.2: these replace all the account had.
  Account update_contacts(const std::vector<std::string>& contacts,
                          std::stop_token stop);
  /// Section 7.3.5. Later requests use `next`; after an error it may be either
  /// key that the CA knows, since its answer may have got lost.
  void change_key(PrivateKey next, std::stop_token stop);
  /// Section 7.3.6. The CA refuses whatever is asked afterwards.
  void deactivate_account(std::stop_token stop);

  /// Section 7.1.2.1: URLs of the account's orders, of at most 100 pages; none
  /// when the CA keeps no list.
  [[nodiscard]] std::vector<std::string> list_orders(const Account& account,
                                                     std::stop_token stop);

  /// Section 7.4. A stop request leaves the CA a second to answer: an order
  /// whose URL we never learn is opened again, and counts twice at the CA.
  [[nodiscard]] Answer<Order> new_order(const OrderRequest& order,
                                        std::stop_token stop);
  [[nodiscard]] Answer<Order> fetch_order(const std::string& url,
                                          std::stop_token stop);
  [[nodiscard]] Answer<Order> finalize(const Order& order,
                                       const std::vector<std::uint8_t>& csr,
                                       std::stop_token stop);

  /// Section 7.4.1: kPermanent when the CA does not offer it.
  [[nodiscard]] NewAuthorization new_authorization(const Identifier& identifier,
                                                   std::stop_token stop);

  /// Section 7.5.
  [[nodiscard]] Answer<Authorization> fetch_authorization(
      const std::string& url, std::stop_token stop);

  /// Section 7.5.2.
  void deactivate_authorization(const std::string& url, std::stop_token stop);

  /// Section 7.5.1: tells the CA that the challenge is answered.
  void respond(const Challenge& challenge, std::stop_token stop);

  /// Section 7.4.2.
  [[nodiscard]] Download download_certificate(const std::string& url,
                                              std::stop_token stop);

  /// Section 7.6: the leaf, as the account that ordered it or that has
  /// authorizations for all its names.
  void revoke(const CertificateChain& chain, RevocationReason reason,
              std::stop_token stop);
  /// The same by whoever has the certificate's key; no account is needed.
  void revoke_with_key(const CertificateChain& chain,
                       const PrivateKey& certificate_key,
                       RevocationReason reason, std::stop_token stop);

  /// RFC 9773 section 4.1; nullopt when the CA offers none or the certificate
  /// has no renewal_id(). kTransient for a malformed document.
  [[nodiscard]] std::optional<Answer<RenewalInfo>> renewal_info(
      const CertificateChain& chain, std::stop_token stop);

 private:
  /// Key and account of one moment: change_key() must not come in between.
  struct Signer {
    std::shared_ptr<const PrivateKey> key;
    std::string kid;  ///< empty: the header carries the public key
  };

  /// Throws Error(kPermanent) while there is none.
  [[nodiscard]] Signer account() const;

  /// Sections 6.2–6.5: signs with a fresh nonce, sends, and repeats on
  /// badNonce, at most twenty times. `request` may have `accept` and `grace`.
  HttpResponse post(const std::string& url, std::string_view payload,
                    const Signer& signer, std::stop_token stop,
                    HttpRequest request = {});
  void confirm(const std::string& account_url);
  [[nodiscard]] std::string nonce(std::stop_token stop);
  [[nodiscard]] Error refused(const std::string& url,
                              const HttpResponse& response) const;
  void post_revocation(const CertificateChain& chain, RevocationReason reason,
                       const Signer& signer, std::stop_token stop);
  [[nodiscard]] Answer<Order> read_order(const std::string& url,
                                         const HttpResponse& response) const;

  HttpClient& http_;
  Clock& clock_;
  const std::string directory_url_;
  NoncePool nonces_;

  mutable std::mutex mutex_;  ///< guards what follows
  std::shared_ptr<const PrivateKey> account_key_;
  std::optional<Directory> directory_;
  SteadyPoint directory_fetched_;
  std::string account_url_;
  bool is_confirmed_ = false;  ///< account_url_
};

}  // namespace acme
