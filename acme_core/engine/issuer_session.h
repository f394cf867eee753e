// SPDX-License-Identifier: BSD-2-Clause
// What one issuer has of its own: state, gate, connection, account.
#pragma once

#include <cstddef>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "acme_core/engine/counted_http.h"
#include "acme_core/engine/engine_environment.h"
#include "acme_core/engine/issuer_account.h"
#include "acme_core/engine/issuer_dns.h"
#include "acme_core/engine/issuer_gate.h"
#include "acme_core/engine/plan.h"
#include "acme_core/engine/task_queue.h"
#include "acme_core/env/log.h"
#include "acme_core/storage/store.h"

namespace acme {

/// Thread-safe.
class IssuerSession {
 public:
  /// `issuer` is its index in the plan. All outlive the session.
  IssuerSession(const Plan& plan, std::size_t issuer,
                EngineEnvironment& environment, TaskQueue& queue);

  /// Has any token answered for this account, when the issuer is stateless: of
  /// the account we use, or of the one that another process has stored.
  void publish_thumbprint();
  void publish_foreign_thumbprint();

  [[nodiscard]] const IssuerSpec& spec() const noexcept { return spec_; }
  [[nodiscard]] const EventLog& log() const noexcept { return log_; }
  [[nodiscard]] Store& store() noexcept { return *store_; }
  /// Changes nothing: for a state that another process has the lease of.
  [[nodiscard]] Store& reader() noexcept { return store_->reader(); }
  [[nodiscard]] IssuerGate& gate() noexcept { return gate_; }
  [[nodiscard]] IssuerAccount& account() noexcept { return account_; }
  [[nodiscard]] IssuerDns& dns() noexcept { return dns_; }
  /// What its requests have told of the CA.
  [[nodiscard]] Contact contact() const { return http_.contact(); }

 private:
  void publish(const PrivateKey& account_key);

  const IssuerSpec& spec_;
  EngineEnvironment& environment_;
  const EventLog log_;
  const std::unique_ptr<Store> store_;
  IssuerGate gate_;
  CountedHttp http_;
  IssuerAccount account_;
  IssuerDns dns_;

  std::mutex mutex_;  ///< guards what follows
  std::string published_thumbprint_;
};

using IssuerSessions = std::vector<std::unique_ptr<IssuerSession>>;

}  // namespace acme
