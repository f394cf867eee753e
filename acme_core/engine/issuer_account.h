// SPDX-License-Identifier: BSD-2-Clause
// Our account at one CA: found or made, and kept as the configuration says.
#pragma once

#include <memory>
#include <mutex>
#include <optional>
#include <stop_token>
#include <string>

#include "acme_core/engine/issuer_gate.h"
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
  IssuerGate& gate;
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

  /// Whether the refusal means that the account of that URL is no good: the CA
  /// does not know it (section 7.3), the URL was damaged on disk, or the
  /// account was closed (section 7.3.6), which the CA is asked about. What it
  /// says of a name or an order means nothing of the kind.
  [[nodiscard]] bool is_lost(const Error& refusal, const std::string& url,
                             std::stop_token stop);

  /// Forgets a lost account: the next ensure() looks for it by its key,
  /// registers that again, or, when the CA has closed it, another key.
  /// False when another thread has seen to it.
  bool forget(const std::string& url);

  /// Another key of the same type takes the account's place (section 7.3.5).
  /// Throws Error; the key that is in use stays then.
  void roll_over(std::stop_token stop);

  /// Closes the account (section 7.3.6); the next one is made with another key.
  /// Throws Error.
  void deactivate(std::stop_token stop);

  /// Writes down what records of dns-persist-01 say of CA and account, for who
  /// asks no CA ("nginx -t"). A disk that does not take it is no reason to
  /// stop.
  void note_parties(const Directory& directory);

  /// Another process has had the state: its account is the one to use.
  void read_again();

  /// Writes down the account that is in use, when the state directory has lost
  /// its key. Throws Error.
  void save_again();

 private:
  void settle_directory();
  [[nodiscard]] PrivateKey load_key();
  void finish_key_change(std::stop_token stop);
  void change_key_type(std::stop_token stop);
  void change_key(std::stop_token stop);
  void require_own_key(const std::string& what) const;
  void start_over();
  void register_account(std::stop_token stop);
  [[nodiscard]] std::optional<Account> find_or_make(const Directory& directory,
                                                    std::stop_token stop);
  [[nodiscard]] std::optional<Account> revive(const Error* refusal,
                                              const Directory& directory,
                                              std::stop_token stop);
  [[nodiscard]] bool is_key_refused(std::stop_token stop);
  void replace_closed_key();
  void update_contacts(std::stop_token stop);
  void save_account(const std::string& url);

  const IssuerAccountContext context_;
  std::mutex mutex_;  ///< held while the account is being set up
  std::unique_ptr<Client> client_;
  std::string lost_url_;  ///< by forget()
  TimePoint key_replaced_at_ = TimePoint::min();
  bool is_current_ = false;  ///< contacts and key were brought up to date
};

}  // namespace acme
