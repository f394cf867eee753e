// SPDX-License-Identifier: BSD-2-Clause
// certbot: live/NAME/ links to the newest files of archive/NAME/,
// renewal/NAME.conf says who issued them, accounts/SERVER/PATH/ID/ has each
// account's key as JWK.
#include "acmectl/import/client_json.h"
#include "acmectl/import/client_settings.h"
#include "acmectl/import/clients.h"

namespace acmectl {
namespace {

// Of the path of a directory URL.
constexpr int kDeepest = 8;

void add_certbot_account(const ForeignFolder& folder, const std::string& path,
                         const std::string& server, ForeignFinds& finds) {
  const ForeignFile registration = folder.read(path + "/regr.json");
  finds.accounts.push_back(
      {.id = path.substr(path.rfind('/') + 1),
       .directory_url = "https://" + server,
       .ca_host = {},
       .url = json_text(registration.text(), {"uri"}),
       .key_file = path + "/private_key.json",
       .is_jwk = true,
       .pass_phrase = {},
       .contacts = json_texts(registration.text(), {"body", "contact"})});
}

// `server` is what the directory's URL has behind "https://".
void find_certbot_accounts(const ForeignFolder& folder,
                           const std::string& server, int depth,
                           ForeignFinds& finds) {
  const std::string base = "accounts" + (server.empty() ? "" : "/" + server);
  for (const std::string& name : folder.folders(base)) {
    const std::string path = base + "/" + name;
    if (folder.has_file(path + "/private_key.json")) {
      add_certbot_account(folder, path, server, finds);
    } else if (depth < kDeepest) {
      find_certbot_accounts(folder, server.empty() ? name : server + "/" + name,
                            depth + 1, finds);
    }
  }
}

}  // namespace

ForeignFinds find_certbot(const ForeignFolder& folder) {
  ForeignFinds finds;
  for (const std::string& name : folder.folders("live")) {
    const auto settings =
        read_settings(folder.read("renewal/" + name + ".conf").text());
    const std::string path = "live/" + name + "/";
    finds.pairs.push_back({.name = name,
                           .chain_files = {path + "fullchain.pem"},
                           .key_file = path + "privkey.pem",
                           .names = {},
                           .directory_url = setting(settings, "server"),
                           .ca_host = {},
                           .account_id = setting(settings, "account"),
                           .stored_as = {}});
  }
  find_certbot_accounts(folder, "", 0, finds);
  return finds;
}

}  // namespace acmectl
