// SPDX-License-Identifier: BSD-2-Clause
// acme-dns.json.
#include "acme_core/storage/acme_dns_document.h"

#include <utility>

#include "acme_core/json_text.h"
#include "acme_core/storage/json_members.h"
#include "acme_core/storage/state_file.h"

namespace acme {
namespace {

using nlohmann::json;
using nlohmann::ordered_json;

}  // namespace

SecretBytes write_acme_dns_accounts(const AcmeDnsAccounts& accounts) {
  ordered_json document = ordered_json::object();
  for (const auto& [domain, account] : accounts) {
    document[domain] = {{"fulldomain", account.full_domain},
                        {"subdomain", account.subdomain},
                        {"username", account.username},
                        {"password", to_text(account.password)},
                        {"server_url", account.server_url}};
  }
  std::string text = to_file_text(document);
  SecretBytes data(text.begin(), text.end());
  wipe(text.data(), text.size());
  return data;
}

std::optional<AcmeDnsAccounts> read_acme_dns_accounts(std::string_view text) {
  const json document = parse_json(text);
  if (!document.is_object()) {
    return std::nullopt;
  }
  AcmeDnsAccounts accounts;
  for (const auto& [domain, members] : document.items()) {
    std::string password = text_of(members, "password");
    AcmeDnsAccount account{
        text_of(members, "server_url"), text_of(members, "username"),
        SecretBytes(password.begin(), password.end()),
        text_of(members, "fulldomain"), text_of(members, "subdomain")};
    wipe(password.data(), password.size());
    if (is_well_formed(account)) {
      accounts.insert_or_assign(domain, std::move(account));
    }
  }
  return accounts;
}

}  // namespace acme
