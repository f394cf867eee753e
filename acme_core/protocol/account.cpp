// SPDX-License-Identifier: BSD-2-Clause
// Reading accounts, and what is sent to make one.
#include "acme_core/protocol/account.h"

#include "acme_core/protocol/json_fields.h"

namespace acme {

std::optional<Account> parse_account(std::string_view json) {
  const nlohmann::json object = parse_object(json);
  const std::string status = text_of(object, "status");
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
  account.orders = url_of(object, "orders");
  const nlohmann::json* contacts = find_member(object, "contact");
  if (contacts != nullptr && contacts->is_array()) {
    for (const nlohmann::json& entry : *contacts) {
      if (entry.is_string()) {
        account.contacts.push_back(entry.get<std::string>());
      }
    }
  }
  return account;
}

std::string new_account_payload(const NewAccount& account,
                                const std::string& binding) {
  nlohmann::json payload = nlohmann::json::object();
  if (!account.contacts.empty()) {
    payload["contact"] = account.contacts;
  }
  if (account.terms_of_service_agreed) {
    payload["termsOfServiceAgreed"] = true;
  }
  if (account.only_return_existing) {
    payload["onlyReturnExisting"] = true;
  }
  if (!binding.empty()) {
    payload["externalAccountBinding"] = nlohmann::json::parse(binding);
  }
  return payload.dump();
}

std::string contacts_payload(const std::vector<std::string>& contacts) {
  return nlohmann::json{{"contact", contacts}}.dump();
}

std::string deactivation_payload() {
  return nlohmann::json{{"status", "deactivated"}}.dump();
}

std::string key_change_payload(const std::string& account_url,
                               const std::string& old_key) {
  return nlohmann::json{{"account", account_url},
                        {"oldKey", nlohmann::json::parse(old_key)}}
      .dump();
}

}  // namespace acme
