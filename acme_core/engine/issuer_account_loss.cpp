// SPDX-License-Identifier: BSD-2-Clause
// Accounts that a CA has lost or closed, and what takes their place.
#include <chrono>
#include <string>
#include <utility>

#include "acme_core/engine/issuer_account.h"
#include "acme_core/error.h"

namespace acme {
namespace {

// A CA that closes each new account gets one an hour.
constexpr std::chrono::hours kBetweenKeys{1};

}  // namespace

bool IssuerAccount::is_lost(const Error& refusal, const std::string& url,
                            std::stop_token stop) {
  const std::string& type = refusal.problem_type();
  if (refusal.subject() != ErrorSubject::kRequest) {
    return false;
  }
  if (type == "accountDoesNotExist") {
    return true;
  }
  if (url.empty() || (type != "malformed" && type != "unauthorized")) {
    return false;
  }
  Client& client = this->client();
  if (!client.is_confirmed(url)) {
    return true;  // its key tells
  }
  if (type == "malformed") {
    return false;
  }
  // The order may be another account's, or the account may be closed.
  try {
    return client.fetch_account(std::move(stop)).status !=
           Account::Status::kValid;
  } catch (const Error& error) {
    if (error.kind() == ErrorKind::kStopped) {
      throw;
    }
    return error.problem_type() == "unauthorized" ||
           error.problem_type() == "accountDoesNotExist";
  }
}

// The CA answered a known key by `refusal`, or by an account that is closed
// (nullptr).
std::optional<Account> IssuerAccount::revive(const Error* refusal,
                                             const Directory& directory,
                                             std::stop_token stop) {
  client_->use_account("");
  // Who is no customer is refused by the same word.
  if (refusal != nullptr &&
      (refusal->problem_type() != "unauthorized" ||
       (lost_url_.empty() && !context_.store.load_account_url()) ||
       (context_.spec.external_account && !is_key_refused(stop)))) {
    throw Error(*refusal);
  }
  replace_closed_key();
  return find_or_make(directory, std::move(stop));
}

// A look-up needs no binding.
bool IssuerAccount::is_key_refused(std::stop_token stop) {
  try {
    static_cast<void>(client_->find_account(std::move(stop)));
    return false;
  } catch (const Error& error) {
    return error.problem_type() == "unauthorized";
  }
}

void IssuerAccount::replace_closed_key() {
  const IssuerSpec& spec = context_.spec;
  if (!spec.account_key.empty()) {
    throw Error(ErrorKind::kConfiguration,
                "the CA has closed the account of the configured key: name "
                "another key in \"account_key\", or take that directive away "
                "to have one made");
  }
  const TimePoint now = context_.clock.now();
  if (key_replaced_at_ <= now && now < key_replaced_at_ + kBetweenKeys) {
    throw Error(ErrorKind::kPermanent,
                "the CA has closed the account that has just been made; ask it "
                "why")
        .with_retry_at(key_replaced_at_ + kBetweenKeys);
  }
  key_replaced_at_ = now;
  PrivateKey key = PrivateKey::generate(spec.account_key_type);
  context_.store.remove_account_url();
  context_.store.save_account_key(key);
  client_->use_key(std::move(key));
  context_.log.warn(
      "the CA has closed the account" +
      (lost_url_.empty() ? std::string() : " " + lost_url_) +
      "; registering another one with a new key: the CA can say why");
  lost_url_.clear();
}

}  // namespace acme
