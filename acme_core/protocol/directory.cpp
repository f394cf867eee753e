// SPDX-License-Identifier: BSD-2-Clause
// Reading the directory.
#include "acme_core/protocol/directory.h"

#include "acme_core/protocol/json_fields.h"

namespace acme {
namespace {

constexpr std::size_t kMostEntries = 100;

void read_lists(const nlohmann::json& meta, Directory& directory) {
  const nlohmann::json* identities = find_member(meta, "caaIdentities");
  if (identities != nullptr && identities->is_array()) {
    for (const nlohmann::json& entry : *identities) {
      if (entry.is_string() && directory.caa_identities.size() < kMostEntries) {
        directory.caa_identities.push_back(entry.get<std::string>());
      }
    }
  }
  const nlohmann::json* profiles = find_member(meta, "profiles");
  if (profiles != nullptr && profiles->is_object()) {
    for (const auto& [name, description] : profiles->items()) {
      if (description.is_string() && directory.profiles.size() < kMostEntries) {
        directory.profiles.emplace(name, description.get<std::string>());
      }
    }
  }
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
    directory.external_account_required =
        flag_of(*meta, "externalAccountRequired");
    read_lists(*meta, directory);
  }
  return directory;
}

}  // namespace acme
