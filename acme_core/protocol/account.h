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
};

/// The payload of newAccount (section 7.3).
[[nodiscard]] std::string new_account_payload(const NewAccount& account);

}  // namespace acme
