// SPDX-License-Identifier: BSD-2-Clause
// dehydrated: certs/NAME/ links to its newest files, domains.txt has the names
// in order, accounts/ has a folder for each CA, called by its URL in base64url.
#include <algorithm>
#include <sstream>

#include "acme_core/crypto/base64url.h"
#include "acmectl/import/client_json.h"
#include "acmectl/import/clients.h"

namespace acmectl {
namespace {

// The names in the line of domains.txt for the certificate of that name:
// "example.com www.example.com > alias".
std::vector<std::string> names_of(std::string_view domains,
                                  const std::string& certificate) {
  std::istringstream lines{std::string(domains)};
  for (std::string line; std::getline(lines, line);) {
    std::istringstream words(line.substr(0, line.find('#')));
    std::vector<std::string> names;
    std::string alias;
    for (std::string word; words >> word;) {
      if (word == ">") {
        words >> alias;
        break;
      }
      names.push_back(word);
    }
    if (!names.empty() &&
        (alias.empty() ? names.front() : alias) == certificate) {
      return names;
    }
  }
  return {};
}

// The URL and a newline were encoded.
std::string directory_of(const std::string& account) {
  const auto bytes = acme::base64url_decode(account);
  std::string url = bytes ? std::string(bytes->begin(), bytes->end()) : "";
  url = url.substr(0, url.find_last_not_of("\r\n") + 1);
  const bool is_url = url.starts_with("https://") &&
                      std::all_of(url.begin(), url.end(),
                                  [](char c) { return c > ' ' && c <= '~'; });
  return is_url ? url : "";
}

}  // namespace

ForeignFinds find_dehydrated(const ForeignFolder& folder) {
  ForeignFinds finds;
  for (const std::string& name : folder.folders("accounts")) {
    const std::string path = "accounts/" + name + "/";
    if (!folder.has_file(path + "account_key.pem")) {
      continue;
    }
    finds.accounts.push_back(
        {.id = name,
         .directory_url = directory_of(name),
         .ca_host = {},
         .url =
             json_text(folder.read(path + "account_id.json").text(), {"url"}),
         .key_file = path + "account_key.pem",
         .is_jwk = false,
         .pass_phrase = {},
         .contacts =
             json_texts(folder.read(path + "registration_info.json").text(),
                        {"contact"})});
  }
  // Only the accounts tell which CA is asked.
  const std::string directory =
      finds.accounts.size() == 1 ? finds.accounts.front().directory_url : "";
  const ForeignFile domains = folder.read("domains.txt");
  for (const std::string& name : folder.folders("certs")) {
    const std::string path = "certs/" + name + "/";
    finds.pairs.push_back({.name = name,
                           .chain_files = {path + "fullchain.pem"},
                           .key_file = path + "privkey.pem",
                           .names = names_of(domains.text(), name),
                           .directory_url = directory,
                           .ca_host = {},
                           .account_id = {},
                           .stored_as = {}});
  }
  return finds;
}

}  // namespace acmectl
