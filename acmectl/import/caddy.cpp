// SPDX-License-Identifier: BSD-2-Clause
// Caddy and other users of CertMagic:
// certificates/ISSUER/NAME/NAME.{crt,key,json} and
// acme/ISSUER/users/MAIL/*.{key,json}, where ISSUER is the directory's URL with
// "-" for its slashes and its colon.
#include "acmectl/import/client_json.h"
#include "acmectl/import/clients.h"

namespace acmectl {
namespace {

constexpr std::string_view kKey = ".key";
// ISSUER of certificates by Caddy's own CA, which nobody else can ask.
constexpr std::string_view kInternal = "local";

// What comes in front of the path; without one, all of it.
std::string host_of(const std::string& issuer, const std::string& path_begin) {
  return issuer.substr(0, issuer.find(path_begin));
}

void add_accounts(const ForeignFolder& folder, const std::string& issuer,
                  ForeignFinds& finds) {
  const std::string users = "acme/" + issuer + "/users";
  for (const std::string& user : folder.folders(users)) {
    const std::string path = users + "/" + user + "/";
    for (const std::string& file : folder.files(path)) {
      if (!file.ends_with(kKey)) {
        continue;
      }
      const ForeignFile notes = folder.read(
          path + file.substr(0, file.size() - kKey.size()) + ".json");
      finds.accounts.push_back(
          {.id = issuer + "/" + user,
           .directory_url = {},
           .ca_host = host_of(issuer, "-directory"),
           .url = json_text(notes.text(), {"location"}),
           .key_file = path + file,
           .is_jwk = false,
           .pass_phrase = {},
           .contacts = json_texts(notes.text(), {"contact"})});
    }
  }
}

}  // namespace

ForeignFinds find_caddy(const ForeignFolder& folder) {
  ForeignFinds finds;
  for (const std::string& issuer : folder.folders("certificates")) {
    if (issuer == kInternal) {
      continue;
    }
    for (const std::string& name : folder.folders("certificates/" + issuer)) {
      const std::string path =
          "certificates/" + issuer + "/" + name + "/" + name;
      const ForeignFile notes = folder.read(path + ".json");
      finds.pairs.push_back(
          {.name = name,
           .chain_files = {path + ".crt"},
           .key_file = path + ".key",
           .names = json_texts(notes.text(), {"sans"}),
           .directory_url = json_text(notes.text(), {"issuer_data", "ca"}),
           .ca_host = host_of(issuer, "-directory"),
           .account_id = {},
           .stored_as = {}});
    }
  }
  for (const std::string& issuer : folder.folders("acme")) {
    add_accounts(folder, issuer, finds);
  }
  return finds;
}

}  // namespace acmectl
