// SPDX-License-Identifier: BSD-2-Clause
// lego: certificates/NAME.{crt,key,json,issuer.crt}, with "_" for the asterisk;
// accounts/HOST/MAIL/{account.json,keys/MAIL.key}, with "_" for the colon.
#include "acmectl/import/client_json.h"
#include "acmectl/import/clients.h"

namespace acmectl {
namespace {

constexpr std::string_view kNotes = ".json";

std::string host_of(const std::string& url) {
  const std::size_t begin = url.find("://");
  if (begin == std::string::npos) {
    return {};
  }
  const std::string rest = url.substr(begin + 3);
  return rest.substr(0, rest.find('/'));
}

void add_lego_account(const ForeignFolder& folder, const std::string& host,
                      const std::string& mail, ForeignFinds& finds) {
  const std::string path = "accounts/" + host + "/" + mail + "/";
  const ForeignFile notes = folder.read(path + "account.json");
  const std::string contact = json_text(notes.text(), {"email"});
  const std::string url = json_text(notes.text(), {"registration", "uri"});
  for (const std::string& key : folder.files(path + "keys")) {
    finds.accounts.push_back(
        {.id = host + "/" + mail,
         .directory_url = {},
         // The account is at the CA's host, which has a colon where the folder
         // has "_".
         .ca_host = url.empty() ? host : host_of(url),
         .url = url,
         .key_file = path + "keys/" + key,
         .is_jwk = false,
         .pass_phrase = {},
         .contacts = contact.find('@') == std::string::npos
                         ? std::vector<std::string>()
                         : std::vector{"mailto:" + contact}});
  }
}

}  // namespace

ForeignFinds find_lego(const ForeignFolder& folder) {
  ForeignFinds finds;
  for (const std::string& file : folder.files("certificates")) {
    if (!file.ends_with(kNotes)) {
      continue;
    }
    const std::string name = file.substr(0, file.size() - kNotes.size());
    const std::string path = "certificates/" + name;
    const ForeignFile notes = folder.read("certificates/" + file);
    finds.pairs.push_back(
        {.name = name,
         .chain_files = {path + ".crt", path + ".issuer.crt"},
         .key_file = path + ".key",
         .names = json_texts(notes.text(), {"domains"}),
         .directory_url = {},
         .ca_host = host_of(json_text(notes.text(), {"certUrl"})),
         .account_id = {},
         .stored_as = {}});
  }
  for (const std::string& host : folder.folders("accounts")) {
    for (const std::string& mail : folder.folders("accounts/" + host)) {
      add_lego_account(folder, host, mail, finds);
    }
  }
  return finds;
}

}  // namespace acmectl
