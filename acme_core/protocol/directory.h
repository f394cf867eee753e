// SPDX-License-Identifier: BSD-2-Clause
// The directory: where a CA's resources are (RFC 8555 section 7.1.1).
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace acme {

struct Directory {
  std::string new_nonce;
  std::string new_account;
  std::string new_order;
  // The rest is optional; empty when absent.
  std::string new_authorization;   ///< section 7.4.1
  std::string key_change;          ///< section 7.3.5
  std::string revoke_certificate;  ///< section 7.6
  std::string renewal_info;        ///< RFC 9773 section 3
  std::string terms_of_service;
  std::string website;
  std::vector<std::string> caa_identities;  ///< names for CAA records
  bool external_account_required = false;
  /// What the CA is called in DNS records that stay, for those who make them
  /// before an order (draft-ietf-acme-dns-persist).
  std::vector<std::string> issuer_domain_names;
  /// What hashed account URIs begin with in such records; empty: they have the
  /// account's URL itself, as in that draft before -02.
  std::string account_hash_prefix;
  /// Kinds of certificates to choose from, with a description for people
  /// (draft-ietf-acme-profiles section 3).
  std::map<std::string, std::string> profiles;
};

/// nullopt when a required member is missing, or a URL is not https. Members
/// of the wrong type count as absent.
[[nodiscard]] std::optional<Directory> parse_directory(std::string_view json);

}  // namespace acme
