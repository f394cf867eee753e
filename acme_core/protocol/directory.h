// SPDX-License-Identifier: BSD-2-Clause
// The directory: where a CA's resources are (RFC 8555 section 7.1.1).
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace acme {

struct Directory {
  std::string new_nonce;
  std::string new_account;
  std::string new_order;
  // The rest is optional; empty when absent.
  std::string terms_of_service;
  std::string website;
  bool external_account_required = false;
};

/// nullopt when a required member is missing, or a URL is not https. Members
/// of the wrong type count as absent.
[[nodiscard]] std::optional<Directory> parse_directory(std::string_view json);

}  // namespace acme
