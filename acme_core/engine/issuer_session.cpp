// SPDX-License-Identifier: BSD-2-Clause
// What one issuer has of its own.
#include "acme_core/engine/issuer_session.h"

#include <chrono>
#include <utility>

#include "acme_core/protocol/exchange_log.h"

namespace acme {
namespace {

// Orders that begin together share one check.
constexpr std::chrono::seconds kCheckLifetime{5};

}  // namespace

IssuerSession::IssuerSession(const IssuerSpec& spec,
                             EngineEnvironment& environment,
                             std::function<void()> require_reachable,
                             std::function<void()> about_to_register,
                             std::function<void(const Error&)> gave_up)
    : spec_(spec),
      environment_(environment),
      log_(environment.logger, spec.name),
      files_(environment.open_state(spec)),
      store_(*files_),
      foreign_store_(*files_, FileStore::Access::kReadOnly),
      http_(std::make_unique<ExchangeLog>(environment.connect(spec), log_)),
      account_({.spec = spec,
                .store = store_,
                .http = *http_,
                .clock = environment.clock,
                .log = log_,
                .require_reachable = std::move(require_reachable),
                .about_to_register = std::move(about_to_register),
                .gave_up = std::move(gave_up)}),
      dns_(spec, store_, environment, log_) {}

bool IssuerSession::try_acquire() {
  auto held = store_.try_lock();
  if (!held) {
    return false;
  }
  if (const std::string remark = held->remark(); !remark.empty()) {
    log_.warn(remark);
  }
  renew_seals();
  const std::lock_guard lock(mutex_);
  state_lock_ = std::move(held);
  lock_stamp_ = store_.lock_stamp();
  return true;
}

// Before anything is read, and by whoever may write.
void IssuerSession::renew_seals() {
  const SealReport report = files_->renew_seals();
  const auto tell = [this](std::size_t count, const std::string& what) {
    if (count > 0) {
      log_.notice(std::to_string(count) + " files with private keys in \"" +
                  state_path() + "\" " + what);
    }
  };
  tell(report.sealed, "are sealed now");
  tell(report.opened, "are no longer sealed");
  if (!report.problem.empty()) {
    log_.error(report.problem +
               "; until then nothing is ordered, and what is served stays");
  }
}

bool IssuerSession::is_acquired() {
  const std::lock_guard lock(mutex_);
  return state_lock_ != nullptr;
}

bool IssuerSession::is_in_place() {
  const std::lock_guard lock(mutex_);
  return (!state_lock_ || state_lock_->is_held()) &&
         store_.lock_stamp() == lock_stamp_;
}

void IssuerSession::doubt_writable() {
  const std::lock_guard lock(mutex_);
  checked_at_.reset();
}

void IssuerSession::require_writable() {
  const std::lock_guard lock(mutex_);
  const SteadyPoint now = environment_.clock.steady_now();
  if (checked_at_ && now < *checked_at_ + kCheckLifetime) {
    return;
  }
  store_.check();
  if (state_lock_ && !state_lock_->is_held()) {
    throw Error(ErrorKind::kTransient,
                "another process has taken over the state directory \"" +
                    state_path() +
                    "\", since this one did not get to say that it is there; "
                    "nothing is ordered until it is ours again");
  }
  if (store_.lock_stamp() != lock_stamp_) {
    // Another process may be about to take the new one.
    throw Error(ErrorKind::kOurs,
                "the state directory \"" + state_path() +
                    "\" was removed or replaced; nothing is ordered until it "
                    "is ours again");
  }
  checked_at_ = now;
}

void IssuerSession::publish_thumbprint() {
  if (spec_.stateless) {
    publish(*account_.client().account_key());
  }
}

void IssuerSession::publish_foreign_thumbprint() {
  if (!spec_.stateless) {
    return;
  }
  const auto key = spec_.account_key.empty()
                       ? foreign_store_.load_account_key().value
                       : PrivateKey::from_pem(spec_.account_key);
  if (key) {
    publish(*key);
  }
}

void IssuerSession::publish(const PrivateKey& account_key) {
  const std::string thumbprint = account_key.thumbprint();
  const std::lock_guard lock(mutex_);
  if (thumbprint != published_thumbprint_) {
    environment_.responders.http.put_thumbprint(thumbprint);
    published_thumbprint_ = thumbprint;
  }
}

}  // namespace acme
