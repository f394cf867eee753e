// SPDX-License-Identifier: BSD-2-Clause
// acme.sh: NAME/ or NAME_ecc/ with NAME.conf, and ca/HOST/PATH/ with each
// account; HOST is without the port.
#include <algorithm>
#include <sstream>

#include "acmectl/import/client_json.h"
#include "acmectl/import/client_settings.h"
#include "acmectl/import/clients.h"

namespace acmectl {
namespace {

constexpr int kDeepestFolder = 8;
constexpr std::string_view kEcc = "_ecc";

std::vector<std::string> names_of(const std::string& domain,
                                  const std::string& others) {
  std::vector<std::string> names{domain};
  std::istringstream list(others == "no" ? "" : others);
  for (std::string name; std::getline(list, name, ',');) {
    names.push_back(name);
  }
  return names;
}

void find_account_folders(const ForeignFolder& folder, const std::string& path,
                          int depth, ForeignFinds& finds) {
  for (const std::string& name : folder.folders("ca" + path)) {
    const std::string below = path + "/" + name;
    const std::string at = "ca" + below;
    if (folder.has_file(at + "/account.key")) {
      const auto settings = read_settings(folder.read(at + "/ca.conf").text());
      const std::string server = below.substr(1);
      finds.accounts.push_back(
          {.id = server,
           .directory_url = {},
           .ca_host = server.substr(0, server.find('/')),
           .url = setting(settings, "ACCOUNT_URL"),
           .key_file = at + "/account.key",
           .is_jwk = false,
           .pass_phrase = {},
           .contacts = json_texts(folder.read(at + "/account.json").text(),
                                  {"contact"})});
    }
    if (depth < kDeepestFolder) {
      find_account_folders(folder, below, depth + 1, finds);
    }
  }
}

}  // namespace

ForeignFinds find_acme_sh(const ForeignFolder& folder) {
  ForeignFinds finds;
  for (const std::string& name : folder.folders()) {
    const std::string domain =
        name.ends_with(kEcc) ? name.substr(0, name.size() - kEcc.size()) : name;
    const std::string path = name + "/";
    // Its own folders, as "deploy" and "dnsapi", have none.
    if (!folder.has_file(path + domain + ".conf")) {
      continue;
    }
    const auto settings =
        read_settings(folder.read(path + domain + ".conf").text());
    finds.pairs.push_back(
        {.name = name,
         .chain_files =
             folder.has_file(path + "fullchain.cer")
                 ? std::vector{path + "fullchain.cer"}
                 : std::vector{path + domain + ".cer", path + "ca.cer"},
         .key_file = path + domain + ".key",
         .names = names_of(domain, setting(settings, "Le_Alt")),
         .directory_url = setting(settings, "Le_API"),
         .ca_host = {},
         .account_id = {},
         .stored_as = {}});
  }
  find_account_folders(folder, "", 0, finds);
  return finds;
}

}  // namespace acmectl
