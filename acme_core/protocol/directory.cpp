// SPDX-License-Identifier: BSD-2-Clause
// Reading the directory.
#include "acme_core/protocol/directory.h"

#include <algorithm>
#include <utility>

#include "acme_core/protocol/json_fields.h"

namespace acme {
namespace {

// A CA that offers thousands does not get thousands kept.
constexpr std::size_t kMostEntries = 100;

std::map<std::string, std::string> profiles_of(const nlohmann::json& meta) {
  std::map<std::string, std::string> profiles;
  const nlohmann::json* object = find_member(meta, "profiles");
  if (object == nullptr || !object->is_object()) {
    return profiles;
  }
  for (const auto& [name, description] : object->items()) {
    if (description.is_string() && profiles.size() < kMostEntries) {
      profiles.emplace(name, description.get<std::string>());
    }
  }
  return profiles;
}

// It goes into a record that a person is told to make, whose parameters end
// with a semicolon.
std::string hash_prefix_of(const nlohmann::json& meta) {
  constexpr std::size_t kLongest = 512;
  std::string prefix = text_of(meta, "accountHashPrefix");
  const bool is_uri =
      prefix.size() <= kLongest && prefix.find(':') != std::string::npos &&
      std::all_of(prefix.begin(), prefix.end(),
                  [](char c) { return c > ' ' && c < '\x7f' && c != ';'; });
  return is_uri ? std::move(prefix) : std::string();
}

}  // namespace

std::optional<Directory> parse_directory(std::string_view json) {
  const nlohmann::json object = parse_object(json);
  Directory directory;
  directory.new_nonce = url_of(object, "newNonce");
  directory.new_account = url_of(object, "newAccount");
  directory.new_order = url_of(object, "newOrder");
  if (directory.new_nonce.empty() || directory.new_account.empty() ||
      directory.new_order.empty()) {
    return std::nullopt;
  }
  directory.new_authorization = url_of(object, "newAuthz");
  directory.key_change = url_of(object, "keyChange");
  directory.revoke_certificate = url_of(object, "revokeCert");
  directory.renewal_info = url_of(object, "renewalInfo");
  if (const nlohmann::json* meta = find_member(object, "meta")) {
    directory.terms_of_service = text_of(*meta, "termsOfService");
    directory.website = text_of(*meta, "website");
    directory.caa_identities = texts_of(*meta, "caaIdentities", kMostEntries);
    directory.profiles = profiles_of(*meta);
    directory.external_account_required =
        flag_of(*meta, "externalAccountRequired");
    directory.issuer_domain_names = domain_names_of(*meta, "issuerDomainNames");
    directory.account_hash_prefix = hash_prefix_of(*meta);
  }
  return directory;
}

}  // namespace acme
