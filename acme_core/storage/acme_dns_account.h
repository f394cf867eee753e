// SPDX-License-Identifier: BSD-2-Clause
// Accounts at acme-dns servers, one for each domain.
#pragma once

#include <string>

#include "acme_core/secret.h"

namespace acme {

/// What an acme-dns server answers to a registration.
struct AcmeDnsAccount {
  std::string server_url;  ///< without a "/" at its end
  std::string username;
  SecretBytes password;
  std::string full_domain;  ///< what "_acme-challenge" is to be an alias of
  std::string subdomain;    ///< the first label of it, which updates name
};

/// True when nothing in the account can do harm in a header or a log line.
[[nodiscard]] bool is_well_formed(const AcmeDnsAccount& account);

}  // namespace acme
