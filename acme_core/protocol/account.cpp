// SPDX-License-Identifier: BSD-2-Clause
// Reading accounts, and what is sent to make one.
#include "acme_core/protocol/account.h"

#include "acme_core/protocol/json_fields.h"

namespace acme {

std::optional<Account> parse_account(std::string_view json) {
  const std::string status = text_of(parse_object(json), "status");
  Account account;
  if (status == "valid") {
    account.status = Account::Status::kValid;
  } else if (status == "deactivated") {
    account.status = Account::Status::kDeactivated;
  } else if (status == "revoked") {
    account.status = Account::Status::kRevoked;
  } else {
    return std::nullopt;
  }
  return account;
}

std::string new_account_payload(const NewAccount& account) {
  nlohmann::json payload = nlohmann::json::object();
  if (!account.contacts.empty()) {
    payload["contact"] = account.contacts;
  }
  if (account.terms_of_service_agreed) {
    payload["termsOfServiceAgreed"] = true;
  }
  return payload.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

}  // namespace acme
