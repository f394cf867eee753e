// SPDX-License-Identifier: BSD-2-Clause
// Accounts (RFC 8555 section 7.1.2 and 7.3).
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "acme_core/crypto/private_key.h"
#include "acme_core/secret.h"

namespace acme {

struct Account {
  enum class Status { kValid, kDeactivated, kRevoked };

  std::string url;  ///< from the Location field: the "kid" of later requests
  Status status = Status::kValid;
  std::vector<std::string> contacts;
  std::string orders;  ///< URL of the list of its orders; may be empty
};

/// nullopt when the status is missing or unknown.
[[nodiscard]] std::optional<Account> parse_account(std::string_view json);

/// What the operator of a CA handed out to bind an ACME account to one that
/// exists there already (section 7.3.4).
struct ExternalAccount {
  std::string kid;
  SecretBytes key;  ///< of the HMAC, decoded
};

struct NewAccount {
  std::vector<std::string> contacts;  ///< URLs, "mailto:…"
  bool terms_of_service_agreed = false;
  /// Only finds the account of the key, and makes none (section 7.3.1).
  bool only_return_existing = false;
  std::optional<ExternalAccount> external_account{};
};

/// The payload of newAccount (section 7.3). `binding` is the JWS that
/// sign_external_account() made, or empty.
[[nodiscard]] std::string new_account_payload(const NewAccount& account,
                                              const std::string& binding = {});

/// Replaces all contacts of an account (section 7.3.2).
[[nodiscard]] std::string contacts_payload(
    const std::vector<std::string>& contacts);

/// Closes an account (section 7.3.6) or an authorization (section 7.5.2).
[[nodiscard]] std::string deactivation_payload();

/// What the new key signs to take over from `old_key` (section 7.3.5).
[[nodiscard]] std::string key_change_payload(const std::string& account_url,
                                             const PrivateKey& old_key);

/// The URLs of a page of an account's orders (section 7.1.2.1), without those
/// that are not https. nullopt when there is no list of them.
[[nodiscard]] std::optional<std::vector<std::string>> parse_order_list(
    std::string_view json);

}  // namespace acme
