// SPDX-License-Identifier: BSD-2-Clause
// Apache's mod_md: domains/NAME/ with md.json and a pair for each kind of key,
// accounts/ID/ with keys that are encrypted with what md_store.json has.
#include "acme_core/crypto/base64url.h"
#include "acmectl/import/client_json.h"
#include "acmectl/import/clients.h"

namespace acmectl {
namespace {

constexpr std::string_view kChain = "pubcert";

acme::SecretBytes pass_phrase_of(const ForeignFolder& folder) {
  const ForeignFile store = folder.read("md_store.json");
  const auto bytes = acme::base64url_decode(json_text(store.text(), {"key"}));
  return bytes ? acme::SecretBytes(bytes->begin(), bytes->end())
               : acme::SecretBytes();
}

void add_pairs(const ForeignFolder& folder, const std::string& name,
               ForeignFinds& finds) {
  const std::string path = "domains/" + name + "/";
  const ForeignFile notes = folder.read(path + "md.json");
  std::string directory = json_text(notes.text(), {"ca", "url"});
  const auto urls = json_texts(notes.text(), {"ca", "urls"});
  if (directory.empty() && !urls.empty()) {
    directory = urls.front();
  }
  for (const std::string& file : folder.files(path)) {
    // "pubcert.pem" of the first RSA key, "pubcert.secp384r1.pem" of another.
    if (!file.starts_with(kChain) || !file.ends_with(".pem")) {
      continue;
    }
    finds.pairs.push_back(
        {.name = name,
         .chain_files = {path + file},
         .key_file = path + "privkey" + file.substr(kChain.size()),
         .names = json_texts(notes.text(), {"domains"}),
         .directory_url = directory,
         .ca_host = {},
         .account_id = json_text(notes.text(), {"ca", "account"}),
         .stored_as = {}});
  }
}

}  // namespace

ForeignFinds find_mod_md(const ForeignFolder& folder) {
  ForeignFinds finds;
  for (const std::string& name : folder.folders("domains")) {
    add_pairs(folder, name, finds);
  }
  for (const std::string& name : folder.folders("accounts")) {
    const std::string path = "accounts/" + name + "/";
    const ForeignFile notes = folder.read(path + "account.json");
    finds.accounts.push_back(
        {.id = name,
         .directory_url = json_text(notes.text(), {"ca-url"}),
         .ca_host = {},
         .url = json_text(notes.text(), {"url"}),
         .key_file = path + "account.pem",
         .is_jwk = false,
         .pass_phrase = pass_phrase_of(folder),
         .contacts = json_texts(notes.text(), {"registration", "contact"})});
  }
  return finds;
}

}  // namespace acmectl
