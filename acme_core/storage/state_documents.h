// SPDX-License-Identifier: BSD-2-Clause
// The JSON files of a state directory, but for those of certificates.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "acme_core/dns_record.h"
#include "acme_core/identifier.h"
#include "acme_core/storage/records.h"

namespace acme {

/// orders/<name>.json, beside the key in orders/<name>.key.
struct OrderDocument {
  std::string order_url;  ///< empty: the CA was not asked yet
  std::vector<Identifier> identifiers;
};

[[nodiscard]] std::string write_order(
    const std::string& order_url, const std::vector<Identifier>& identifiers);

/// nullopt when a member is missing or makes no sense.
[[nodiscard]] std::optional<OrderDocument> read_order(std::string_view text);

/// account.json. Reading skips what is malformed and never fails.
[[nodiscard]] std::string write_account(const AccountRecord& record);
[[nodiscard]] AccountRecord read_account(std::string_view text);

/// budget.json. Times are rounded up to the next second, so that what is read
/// back never lets a limit pass too early. Reading skips what is malformed.
[[nodiscard]] std::string write_budget(const BudgetRecord& record);
[[nodiscard]] BudgetRecord read_budget(std::string_view text);

/// followers/<hash>.json: what another process serves out of this directory.
struct FollowedRecord {
  TimePoint at;
  std::vector<std::string> certificates;  ///< by the names of their files
};

[[nodiscard]] std::string write_followed(const FollowedRecord& record);
/// nullopt when it makes no sense.
[[nodiscard]] std::optional<FollowedRecord> read_followed(
    std::string_view text);

/// dns-records.json. Reading skips what is malformed.
[[nodiscard]] std::string write_dns_records(
    const std::vector<DnsRecord>& records);
[[nodiscard]] std::vector<DnsRecord> read_dns_records(std::string_view text);

}  // namespace acme
