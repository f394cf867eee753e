// SPDX-License-Identifier: BSD-2-Clause
// acme-dns.json: accounts at acme-dns servers by domain, with the members that
// other ACME clients (lego, through goacmedns) give them, so that a file of
// theirs can be taken over.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "acme_core/secret.h"
#include "acme_core/storage/acme_dns_account.h"

namespace acme {

using AcmeDnsAccounts = std::map<std::string, AcmeDnsAccount>;

[[nodiscard]] SecretBytes write_acme_dns_accounts(
    const AcmeDnsAccounts& accounts);

/// Skips accounts that are not well-formed; nullopt when the text is no JSON
/// object.
[[nodiscard]] std::optional<AcmeDnsAccounts> read_acme_dns_accounts(
    std::string_view text);

}  // namespace acme
