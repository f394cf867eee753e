// SPDX-License-Identifier: BSD-2-Clause
// The state directory: accounts at acme-dns servers.
#include <utility>

#include "acme_core/storage/acme_dns_document.h"
#include "acme_core/storage/file_store.h"
#include "acme_core/storage/state_file.h"

namespace acme {
namespace {

constexpr std::string_view kAccounts = "acme-dns.json";

StateFile<AcmeDnsAccounts> find_accounts(const FileSystem& files) {
  auto found = find_file<AcmeDnsAccounts>(
      files, std::string(kAccounts),
      [](const SecretBytes& data) {
        return read_acme_dns_accounts(to_text(data));
      },
      "is not a JSON object");
  require_readable(files, found);
  return found;
}

}  // namespace

Loaded<AcmeDnsAccount> FileStore::load_acme_dns_account(
    const std::string& domain, const std::string& server_url) {
  const auto held = lock(std::string(kAccounts));
  StateFile<AcmeDnsAccounts> found = find_accounts(files_);
  if (!found.value) {
    return {std::nullopt,
            !found.exists() ? ""
            : access_ == Access::kReadOnly
                ? describe(files_, found) + "; it is not used"
                : describe(files_, found) + set_aside(files_, {found.path})};
  }
  const auto account = found.value->find(domain);
  // Files of other clients may say nothing of the server.
  if (account == found.value->end() ||
      (!account->second.server_url.empty() &&
       account->second.server_url != server_url)) {
    return {std::nullopt, {}};
  }
  return {std::move(account->second), {}};
}

void FileStore::save_acme_dns_account(const std::string& domain,
                                      const AcmeDnsAccount& account) {
  const auto held = lock(std::string(kAccounts));
  StateFile<AcmeDnsAccounts> found = find_accounts(files_);
  AcmeDnsAccounts accounts =
      found.value ? std::move(*found.value) : AcmeDnsAccounts();
  accounts.insert_or_assign(domain, account);
  files_.write(kAccounts, write_acme_dns_accounts(accounts));
}

}  // namespace acme
