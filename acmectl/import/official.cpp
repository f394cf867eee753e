// SPDX-License-Identifier: BSD-2-Clause
// nginx's own ACME module, and other state directories of this one:
// NAME-HASH.crt and .key, account.key, account.url. Ours have notes besides.
#include "acmectl/import/client_json.h"
#include "acmectl/import/clients.h"

namespace acmectl {
namespace {

constexpr std::string_view kChainSuffix = ".crt";

}  // namespace

ForeignFinds find_official(const ForeignFolder& folder) {
  ForeignFinds finds;
  for (const std::string& file : folder.files()) {
    if (!file.ends_with(kChainSuffix) || file.size() == kChainSuffix.size()) {
      continue;
    }
    const std::string name = file.substr(0, file.size() - kChainSuffix.size());
    const ForeignFile notes = folder.read(name + ".json");
    finds.pairs.push_back({.name = name,
                           .chain_files = {file},
                           .key_file = name + ".key",
                           .names = {},
                           .directory_url = json_text(
                               notes.text(), {"ordered_with", "directory"}),
                           .ca_host = {},
                           .account_id = {},
                           .stored_as = name});
  }
  if (folder.has_file("account.key")) {
    const ForeignFile url = folder.read("account.url");
    const ForeignFile notes = folder.read("account.json");
    const std::string_view text = url.text();
    finds.accounts.push_back(
        {.id = "account",
         .directory_url = json_text(notes.text(), {"directory"}),
         .ca_host = {},
         .url = std::string(text.substr(0, text.find_first_of(" \r\n"))),
         .key_file = "account.key",
         .is_jwk = false,
         .pass_phrase = {},
         .contacts = json_texts(notes.text(), {"contacts"})});
  }
  return finds;
}

}  // namespace acmectl
