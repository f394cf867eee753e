// SPDX-License-Identifier: BSD-2-Clause
// Our account at one CA: found or made, and kept as the configuration says.
#pragma once

#include <functional>
#include <memory>
#include <mutex>
#include <stop_token>
#include <string>

#include "acme_core/engine/plan.h"
#include "acme_core/env/clock.h"
#include "acme_core/env/log.h"
#include "acme_core/protocol/client.h"
#include "acme_core/storage/store.h"

namespace acme {

/// What an account works with; all of it outlives the account.
struct IssuerAccountContext {
  const IssuerSpec& spec;
  Store& store;
  HttpClient& http;
  Clock& clock;
  const EventLog& log;
  /// Called before anything is asked; throws Error(kStopped) when another
  /// thread has just learnt that the CA gives no answer.
  std::function<void()> require_reachable;
  /// Called before the CA is asked for a new account; throws when its limit of
  /// them is reached.
  std::function<void()> about_to_register;
  /// Called when there is no account, before the next thread may try.
  std::function<void(const Error&)> gave_up;
};

/// Thread-safe.
class IssuerAccount {
 public:
  explicit IssuerAccount(IssuerAccountContext context);

  /// A client for directory and renewal info, which need no account. It stays
  /// the same object.
  [[nodiscard]] Client& client();

  /// Makes sure that there is an account, with the configured contacts and a
  /// key of the configured type (RFC 8555 sections 7.3, 7.3.2, 7.3.5), and
  /// returns the client that uses it. Throws Error; without an account nothing
  /// can be ordered from this CA.
  Client& ensure(std::stop_token stop);

  /// The CA no longer knows the account of that URL (section 7.3): the next
  /// ensure() registers the same key again.
  /// False when another thread has seen to it.
  bool forget(const std::string& url);

  /// Whether the URL is as the state directory has it, and no answer of the CA
  /// has shown it to be right: a damaged one is refused as "malformed".
  [[nodiscard]] bool is_unconfirmed(const std::string& url);

  /// Writes down what records of dns-persist-01 say of CA and account, for who
  /// asks no CA ("nginx -t"). A disk that does not take it is no reason to
  /// stop.
  void note_parties(const Directory& directory);

  /// Writes down the account that is in use, when the state directory has lost
  /// its key. Throws Error.
  void save_again();

 private:
  [[nodiscard]] PrivateKey load_key();
  void finish_key_change(std::stop_token stop);
  void change_key_type(std::stop_token stop);
  void register_account(std::stop_token stop);
  void update_contacts(std::stop_token stop);
  void save_account(const std::string& url);

  const IssuerAccountContext context_;
  std::mutex mutex_;  ///< held while the account is being set up
  std::unique_ptr<Client> client_;
  std::string unconfirmed_url_;
  bool is_current_ = false;  ///< contacts and key were brought up to date
};

}  // namespace acme
