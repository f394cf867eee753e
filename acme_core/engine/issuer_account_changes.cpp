// SPDX-License-Identifier: BSD-2-Clause
// What an operator has done with an account.
#include <string>
#include <utility>

#include "acme_core/engine/issuer_account.h"

namespace acme {

void IssuerAccount::require_own_key(const std::string& what) const {
  if (!context_.spec.account_key.empty()) {
    throw Error(ErrorKind::kConfiguration,
                "the account's key is that of \"account_key\", which is yours "
                "to change: " +
                    what);
  }
}

void IssuerAccount::roll_over(std::stop_token stop) {
  require_own_key("name another key there");
  static_cast<void>(ensure(stop));
  const std::lock_guard lock(mutex_);
  change_key(std::move(stop));
}

void IssuerAccount::deactivate(std::stop_token stop) {
  Client& client = this->client();
  if (client.account_url().empty()) {
    throw Error(ErrorKind::kConfiguration,
                "there is no account to close; use \"pause\" to have nothing "
                "asked of the CA");
  }
  const std::lock_guard lock(mutex_);
  client.deactivate_account(std::move(stop));
  start_over();
}

// The CA refuses the old key from now on.
void IssuerAccount::start_over() {
  context_.store.remove_orders();
  context_.store.remove_account_url();
  client_->use_account("");
  is_current_ = false;
  if (context_.spec.account_key.empty()) {
    PrivateKey key = PrivateKey::generate(context_.spec.account_key_type);
    context_.store.save_account_key(key);
    client_->use_key(std::move(key));
  }
}

}  // namespace acme
