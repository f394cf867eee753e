// SPDX-License-Identifier: BSD-2-Clause
// What one issuer has of its own: state directory, connection, account.
#pragma once

#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "acme_core/engine/engine_environment.h"
#include "acme_core/engine/issuer_account.h"
#include "acme_core/engine/issuer_dns.h"
#include "acme_core/engine/plan.h"
#include "acme_core/env/log.h"
#include "acme_core/storage/file_store.h"

namespace acme {

/// Thread-safe, but for try_acquire().
class IssuerSession {
 public:
  /// `spec` and `environment` outlive the session; the functions are those of
  /// IssuerAccountContext.
  IssuerSession(const IssuerSpec& spec, EngineEnvironment& environment,
                std::function<void()> require_reachable,
                std::function<void()> about_to_register,
                std::function<void(const Error&)> gave_up);

  /// The right to act for this state directory, which one process has at a
  /// time. Throws Error(kOurs) when the directory cannot be used.
  [[nodiscard]] bool try_acquire();

  /// Whether it was acquired: it may be written.
  [[nodiscard]] bool is_acquired();

  /// Makes sure that the state directory is in place and takes what is written
  /// (at most every few seconds): what a CA issues must not be lost. Throws
  /// Error(kOurs).
  void require_writable();
  /// The next one looks, however long ago the last was.
  void doubt_writable();

  /// False when the state directory is no longer the one that was acquired:
  /// removed, replaced, unmounted.
  [[nodiscard]] bool is_in_place();

  /// Has any token answered for this account, when the issuer is stateless: of
  /// the account we use, or of the one that another process has stored.
  void publish_thumbprint();
  void publish_foreign_thumbprint();

  [[nodiscard]] const IssuerSpec& spec() const noexcept { return spec_; }
  [[nodiscard]] const EventLog& log() const noexcept { return log_; }
  [[nodiscard]] const std::string& state_path() const noexcept {
    return files_->root();
  }
  [[nodiscard]] FileStore& store() noexcept { return store_; }
  /// Changes nothing: for a directory that belongs to another process.
  [[nodiscard]] FileStore& foreign_store() noexcept { return foreign_store_; }
  [[nodiscard]] IssuerAccount& account() noexcept { return account_; }
  [[nodiscard]] IssuerDns& dns() noexcept { return dns_; }

 private:
  void publish(const PrivateKey& account_key);
  void renew_seals();

  const IssuerSpec& spec_;
  EngineEnvironment& environment_;
  const EventLog log_;
  const std::unique_ptr<FileSystem> files_;
  FileStore store_;
  FileStore foreign_store_;
  const std::unique_ptr<HttpClient> http_;
  IssuerAccount account_;
  IssuerDns dns_;

  std::mutex mutex_;  ///< guards what follows
  std::unique_ptr<FileLock> state_lock_;
  std::optional<FileStamp> lock_stamp_;
  std::optional<SteadyPoint> checked_at_;
  std::string published_thumbprint_;
};

using IssuerSessions = std::vector<std::unique_ptr<IssuerSession>>;

}  // namespace acme
