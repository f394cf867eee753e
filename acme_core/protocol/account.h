// SPDX-License-Identifier: BSD-2-Clause
// Accounts (RFC 8555 section 7.1.2 and 7.3).
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "acme_core/secret.h"

namespace acme {

struct Account {
  enum class Status { kValid, kDeactivated, kRevoked };

  std::string url;  ///< from the Location field: the "kid" of later requests
  Status status = Status::kValid;
  std::vector<std::string> contacts;
  std::string orders;  ///< URL of the list of its orders; empty: none is kept
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
  std::vector<std::string> contacts = {};  ///< URLs, "mailto:…"
  bool terms_of_service_agreed = false;
  /// Finds the account of this key but makes none (section 7.3.1).
  bool only_return_existing = false;
  std::optional<ExternalAccount> external_account = std::nullopt;
};

/// The payload of newAccount (section 7.3). `binding` is that of the external
/// account as sign_external_account() makes it, or empty.
[[nodiscard]] std::string new_account_payload(const NewAccount& account,
                                              const std::string& binding = {});

/// The payload that replaces an account's contacts (section 7.3.2).
[[nodiscard]] std::string contacts_payload(
    const std::vector<std::string>& contacts);

/// The payload that deactivates an account or an authorization (sections 7.3.6
/// and 7.5.2).
[[nodiscard]] std::string deactivation_payload();

/// The inner payload of a key change (section 7.3.5). `old_key` is a JWK.
[[nodiscard]] std::string key_change_payload(const std::string& account_url,
                                             const std::string& old_key);

}  // namespace acme
