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
#include "acme_core/time_point.h"

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
  std::string profile;  ///< as the CA chose it; may be empty
  std::optional<TimePoint> expires;
  std::optional<TimePoint> not_before;
  std::optional<TimePoint> not_after;
};

/// What is asked of a CA; what is empty is left to it.
struct OrderRequest {
  std::vector<Identifier> identifiers;
  std::string profile = {};  ///< draft-ietf-acme-profiles section 4
  /// CertificateChain::renewal_id() of the certificate that the new one is to
  /// replace (RFC 9773 section 5).
  std::string replaces = {};
  std::optional<TimePoint> not_before = std::nullopt;
  std::optional<TimePoint> not_after = std::nullopt;
};

/// nullopt when a required member is missing or of the wrong type.
[[nodiscard]] std::optional<Order> parse_order(std::string_view json);

/// The URLs of one page of an account's list of orders (section 7.1.2.1);
/// nullopt when it is no such list. Entries that are no https URLs are skipped.
[[nodiscard]] std::optional<std::vector<std::string>> parse_order_list(
    std::string_view json);

/// The payload of newOrder (section 7.4).
[[nodiscard]] std::string new_order_payload(const OrderRequest& request);

/// The payload of finalize: the CSR in DER, base64url (section 7.4).
[[nodiscard]] std::string finalize_payload(
    const std::vector<std::uint8_t>& csr);

}  // namespace acme
