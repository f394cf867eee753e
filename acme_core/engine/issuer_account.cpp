// SPDX-License-Identifier: BSD-2-Clause
// Our account at one CA.
#include "acme_core/engine/issuer_account.h"

#include <utility>

#include "acme_core/error.h"

namespace acme {
namespace {

// The thumbprint of an operator's own key, or "".
std::string configured_key(const IssuerSpec& spec) {
  const auto key = spec.account_key.empty()
                       ? std::nullopt
                       : PrivateKey::from_pem(spec.account_key);
  return key ? key->thumbprint() : std::string();
}

// What the files of an account are put aside for: one directory, and one
// customer of the CA there.
std::string account_place(const std::string& directory_url,
                          const std::string& external_account_kid) {
  return external_account_kid.empty()
             ? directory_url
             : directory_url + " " + external_account_kid;
}

}  // namespace

IssuerAccount::IssuerAccount(IssuerAccountContext context)
    : context_(std::move(context)) {}

Client& IssuerAccount::client() {
  const std::lock_guard lock(mutex_);
  if (!client_) {
    settle_directory();
    auto client = std::make_unique<Client>(
        context_.http, context_.clock, context_.spec.directory_url, load_key());
    // A configured key may have been exchanged: the CA knows its account.
    if (context_.spec.account_key.empty()) {
      client->use_account(context_.store.load_account_url().value_or(""));
    }
    client_ = std::move(client);
  }
  return *client_;
}

Client& IssuerAccount::ensure(std::stop_token stop) {
  Client& client = this->client();
  const std::lock_guard lock(mutex_);
  context_.gate.require_reachable();
  try {
    if (client.account_url().empty()) {
      register_account(stop);
    } else if (!is_current_) {
      finish_key_change(stop);
      update_contacts(stop);
    }
    if (!is_current_) {
      change_key_type(stop);
      is_current_ = true;
    }
  } catch (Error& error) {
    if (error.kind() != ErrorKind::kStopped &&
        error.problem_type() != "accountDoesNotExist") {
      // Before the next thread may try.
      context_.gate.back_off(error.with_context("cannot set up the account"));
    }
    throw;
  }
  return client;
}

// An account is good at one directory, and as the customer it was bound to. It
// is kept for the day the configuration goes back. Orders under way are the
// account's. What is not known counts as configured.
void IssuerAccount::settle_directory() {
  const IssuerSpec& spec = context_.spec;
  AccountRecord record = context_.store.load_account_record();
  const std::string kid =
      spec.external_account ? spec.external_account->kid : std::string();
  const std::string key = configured_key(spec);
  if (record.directory_url.empty()) {
    if (context_.store.load_account_url()) {
      record.external_account_kid = kid;
      record.directory_url = spec.directory_url;
      record.configured_key = key;
      context_.store.save_account_record(record);
    }
    return;
  }
  const bool has_moved = record.directory_url != spec.directory_url;
  const bool has_other_binding =
      !kid.empty() && key.empty() && record.external_account_kid != kid;
  if (has_moved || has_other_binding) {
    context_.store.remove_orders();
    context_.store.change_account(
        account_place(record.directory_url, record.external_account_kid),
        account_place(spec.directory_url, kid));
    context_.log.notice(
        has_moved
            ? "the directory is " + spec.directory_url +
                  " now; the account of " + record.directory_url +
                  " is put aside"
            : "another external account is configured; the account of the one "
              "before is put aside");
  } else if (record.configured_key != key) {
    context_.store.remove_orders();
    context_.log.notice("another account key is configured");
    record.configured_key = key;
    context_.store.save_account_record(record);
  }
}

bool IssuerAccount::forget(const std::string& url) {
  const std::lock_guard lock(mutex_);
  // Another order may have registered again meanwhile.
  if (!client_ || url.empty() || client_->account_url() != url) {
    return false;
  }
  client_->use_account("");
  lost_url_ = url;
  return true;
}

void IssuerAccount::read_again() {
  const std::lock_guard lock(mutex_);
  if (!client_) {
    return;
  }
  settle_directory();
  client_->use_key(load_key());
  if (context_.spec.account_key.empty()) {
    client_->use_account(context_.store.load_account_url().value_or(""));
  }
  is_current_ = false;
}

void IssuerAccount::save_again() {
  const std::lock_guard lock(mutex_);
  const IssuerSpec& spec = context_.spec;
  if (!client_ ||
      (spec.account_key.empty() && context_.store.load_account_key().value)) {
    return;
  }
  if (spec.account_key.empty()) {
    context_.store.save_account_key(*client_->account_key());
  }
  if (!client_->account_url().empty()) {
    save_account(client_->account_url());
  }
}

void IssuerAccount::save_account(const std::string& url) {
  const IssuerSpec& spec = context_.spec;
  context_.store.save_account_url(url);
  AccountRecord record = context_.store.load_account_record();
  record.contacts = spec.contacts;
  record.external_account_kid =
      spec.external_account ? spec.external_account->kid : "";
  record.directory_url = spec.directory_url;
  record.configured_key = configured_key(spec);
  context_.store.save_account_record(record);
}

void IssuerAccount::note_parties(const Directory& directory) {
  const std::lock_guard lock(mutex_);
  try {
    context_.store.change_account_record([&](AccountRecord& record) {
      if (!directory.issuer_domain_names.empty()) {
        record.issuer_domain_names = directory.issuer_domain_names;
      }
      const std::string& prefix = directory.account_hash_prefix;
      record.account_hash_prefix = prefix;
      record.key_thumbprint =
          prefix.empty() ? "" : client_->account_key()->thumbprint();
    });
  } catch (const Error& error) {
    context_.log.info(std::string("what the CA calls itself is not kept: ") +
                      error.what());
  }
}

PrivateKey IssuerAccount::load_key() {
  if (!context_.spec.account_key.empty()) {
    auto key = PrivateKey::from_pem(context_.spec.account_key);
    if (!key) {
      throw Error(ErrorKind::kConfiguration,
                  "the configured account key cannot be used: name an "
                  "unencrypted key in PEM in \"account_key\"");
    }
    return std::move(*key);
  }
  Loaded<PrivateKey> stored = context_.store.load_account_key();
  if (!stored.problem.empty()) {
    context_.log.warn(stored.problem);
  }
  if (stored.value) {
    return std::move(*stored.value);
  }
  // An interrupted change of keys may have left one that the CA knows.
  Loaded<PrivateKey> next = context_.store.load_next_account_key();
  PrivateKey key = next.value
                       ? std::move(*next.value)
                       : PrivateKey::generate(context_.spec.account_key_type);
  context_.store.save_account_key(key);
  return key;
}

void IssuerAccount::register_account(std::stop_token stop) {
  const IssuerSpec& spec = context_.spec;
  const Directory directory = client_->directory(stop);
  const std::string& terms = directory.terms_of_service;
  if (!terms.empty() && !spec.terms_of_service_agreed) {
    throw Error(ErrorKind::kConfiguration,
                "the CA asks to agree to its terms of service, " + terms +
                    "; read them and add \"accept_terms_of_service;\" to the "
                    "acme_issuer block");
  }
  const Account account = *find_or_make(directory, stop);
  lost_url_.clear();
  save_account(account.url);
  context_.log.notice("using account " + account.url +
                      (terms.empty() ? std::string() : ", agreed to " + terms));
}

std::optional<Account> IssuerAccount::find_or_make(const Directory& directory,
                                                   std::stop_token stop) {
  const IssuerSpec& spec = context_.spec;
  // A key that has an account already needs no binding.
  std::optional<Account> found;
  if (directory.external_account_required && !spec.external_account) {
    found = client_->find_account(stop);
    if (!found) {
      throw Error(ErrorKind::kConfiguration,
                  "the CA registers only customers of its own: add "
                  "\"external_account_key KID KEY;\" to the acme_issuer block, "
                  "with what " +
                      (directory.website.empty() ? std::string("the CA")
                                                 : directory.website) +
                      " gave you");
    }
  }
  if (!found) {
    context_.gate.count_account();
    NewAccount request;
    request.contacts = spec.contacts;
    request.terms_of_service_agreed = spec.terms_of_service_agreed;
    request.external_account = spec.external_account;
    try {
      found = client_->new_account(request, stop);
    } catch (const Error& refusal) {
      return revive(&refusal, directory, stop);
    }
  }
  return found->status == Account::Status::kValid
             ? found
             : revive(nullptr, directory, stop);
}

// Section 7.3.2. Also when contacts were taken out of the configuration.
void IssuerAccount::update_contacts(std::stop_token stop) {
  AccountRecord record = context_.store.load_account_record();
  if (record.contacts == context_.spec.contacts) {
    return;
  }
  try {
    static_cast<void>(client_->update_contacts(context_.spec.contacts, stop));
  } catch (const Error& error) {
    // Contacts are no reason to go without certificates.
    if (error.kind() == ErrorKind::kStopped ||
        error.kind() == ErrorKind::kUnavailable ||
        error.problem_type() == "accountDoesNotExist") {
      throw;
    }
    context_.log.warn(std::string("the account's contacts stay as they are: ") +
                      error.what() + "; tried again with the next order");
    return;
  }
  record.contacts = context_.spec.contacts;
  context_.store.save_account_record(record);
  context_.log.notice("updated the account's contacts");
}

// Section 7.3.5: another type of key was configured. The next key is on disk
// before the CA hears of it, so that a crash between leaves us with a key the
// CA knows.
void IssuerAccount::change_key_type(std::stop_token stop) {
  const IssuerSpec& spec = context_.spec;
  if (!spec.account_key.empty() ||
      client_->account_key()->type() == spec.account_key_type) {
    return;
  }
  try {
    change_key(stop);
  } catch (const Error& error) {
    if (error.kind() == ErrorKind::kStopped ||
        error.kind() == ErrorKind::kUnavailable) {
      throw;
    }
    context_.log.warn(std::string("the account key stays as it is: ") +
                      error.what() + "; tried again with the next order");
    return;
  }
  context_.log.notice("changed the account key to " +
                      std::string(to_string(spec.account_key_type)));
}

void IssuerAccount::change_key(std::stop_token stop) {
  const PrivateKey next = PrivateKey::generate(context_.spec.account_key_type);
  context_.store.save_next_account_key(next);
  try {
    client_->change_key(next.copy(), stop);
  } catch (const Error& error) {
    // Without an answer the CA may have changed it all the same.
    if (error.kind() != ErrorKind::kStopped &&
        error.kind() != ErrorKind::kUnavailable) {
      context_.store.remove_next_account_key();
    }
    throw;
  }
  context_.store.promote_next_account_key();
}

// A change that a crash or an outage interrupted: the CA knows which of the two
// keys is the account's.
void IssuerAccount::finish_key_change(std::stop_token stop) {
  if (!context_.spec.account_key.empty()) {
    return;
  }
  const Loaded<PrivateKey> next = context_.store.load_next_account_key();
  if (!next.value) {
    return;
  }
  Client by_next_key(context_.http, context_.clock, context_.spec.directory_url,
                     next.value->copy());
  const auto found = by_next_key.find_account(stop);
  if (!found || found->url != client_->account_url()) {
    context_.store.remove_next_account_key();
    return;
  }
  context_.store.promote_next_account_key();
  client_->use_key(next.value->copy());
}

}  // namespace acme
