// SPDX-License-Identifier: BSD-2-Clause
// Reading the directory.
#include "acme_core/protocol/directory.h"

#include "acme_core/protocol/json_fields.h"

namespace acme {

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
  if (const nlohmann::json* meta = find_member(object, "meta")) {
    directory.terms_of_service = text_of(*meta, "termsOfService");
    directory.website = text_of(*meta, "website");
    directory.external_account_required =
        flag_of(*meta, "externalAccountRequired");
  }
  return directory;
}

}  // namespace acme
