// SPDX-License-Identifier: BSD-2-Clause
// Orders: one request for a certificate (RFC 8555 section 7.1.3).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "acme_core/identifier.h"
#include "acme_core/protocol/problem.h"

namespace acme {

struct Order {
  enum class Status { kPending, kReady, kProcessing, kValid, kInvalid };

  std::string url;  ///< from the Location field, not from the document
  Status status = Status::kPending;
  std::vector<Identifier> identifiers;
  std::vector<std::string> authorizations;  ///< URLs
  std::string finalize;                     ///< URL
  std::string certificate;                  ///< URL, once valid
  std::optional<Problem> error;
};

/// nullopt when a required member is missing or of the wrong type.
[[nodiscard]] std::optional<Order> parse_order(std::string_view json);

/// The payload of newOrder (section 7.4).
[[nodiscard]] std::string new_order_payload(
    const std::vector<Identifier>& identifiers);

/// The payload of finalize: the CSR in DER, base64url (section 7.4).
[[nodiscard]] std::string finalize_payload(
    const std::vector<std::uint8_t>& csr);

}  // namespace acme
