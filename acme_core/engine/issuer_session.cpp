// SPDX-License-Identifier: BSD-2-Clause
// What one issuer has of its own.
#include "acme_core/engine/issuer_session.h"

#include <utility>

#include "acme_core/protocol/exchange_log.h"

namespace acme {

IssuerSession::IssuerSession(const Plan& plan, std::size_t issuer,
                             EngineEnvironment& environment, TaskQueue& queue)
    : spec_(plan.issuers[issuer]),
      environment_(environment),
      log_(environment.logger, spec_.name),
      store_(environment.open_state(spec_)),
      gate_(plan, issuer, queue, *store_, environment.clock,
            environment.monitor, log_),
      http_(std::make_unique<ExchangeLog>(environment.connect(spec_), log_),
            spec_.name, environment.clock, environment.monitor),
      account_({.spec = spec_,
                .store = *store_,
                .http = http_,
                .clock = environment.clock,
                .log = log_,
                .gate = gate_}),
      dns_(spec_, *store_, environment, log_) {}

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
                       ? reader().load_account_key().value
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
