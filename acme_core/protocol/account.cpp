// SPDX-License-Identifier: BSD-2-Clause
// Reading accounts, and what is sent to make one.
#include "acme_core/protocol/account.h"

#include "acme_core/protocol/json_fields.h"

namespace acme {
namespace {

constexpr std::size_t kMostContacts = 100;

}  // namespace

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
  account.contacts = texts_of(object, "contact", kMostContacts);
  account.orders = url_of(object, "orders");
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
    payload["externalAccountBinding"] = parse_json(binding);
  }
  return to_text(payload);
}

std::string contacts_payload(const std::vector<std::string>& contacts) {
  return to_text({{"contact", contacts}});
}

std::string deactivation_payload() { return R"({"status":"deactivated"})"; }

std::string key_change_payload(const std::string& account_url,
                               const PrivateKey& old_key) {
  return to_text(
      {{"account", account_url}, {"oldKey", parse_json(old_key.jwk())}});
}

std::optional<std::vector<std::string>> parse_order_list(
    std::string_view json) {
  const nlohmann::json object = parse_object(json);
  const nlohmann::json* list = find_member(object, "orders");
  if (list == nullptr || !list->is_array()) {
    return std::nullopt;
  }
  std::vector<std::string> urls = texts_of(object, "orders", list->size());
  std::erase_if(urls, [](const std::string& url) {
    return !url.starts_with("https://");
  });
  return urls;
}

}  // namespace acme
