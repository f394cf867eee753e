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

/// What to order (section 7.4). Empty members are left out.
struct OrderRequest {
  std::vector<Identifier> identifiers;
  std::string profile{};   ///< draft-ietf-acme-profiles section 4
  std::string replaces{};  ///< CertificateChain::renewal_id(), RFC 9773 5
  std::optional<TimePoint> not_before{};
  std::optional<TimePoint> not_after{};
};

struct Order {
  enum class Status { kPending, kReady, kProcessing, kValid, kInvalid };

  std::string url;  ///< from the Location field, not from the document
  Status status = Status::kPending;
  std::vector<Identifier> identifiers;
  std::vector<std::string> authorizations;  ///< URLs
  std::string finalize;                     ///< URL
  std::string certificate;                  ///< URL, once valid
  std::string profile;                      ///< may be empty
  std::optional<Problem> error;
  std::optional<TimePoint> expires;  ///< of the order, not the certificate
  std::optional<TimePoint> not_before;
  std::optional<TimePoint> not_after;
};

/// nullopt when a required member is missing or of the wrong type.
[[nodiscard]] std::optional<Order> parse_order(std::string_view json);

/// The payload of newOrder (section 7.4).
[[nodiscard]] std::string new_order_payload(const OrderRequest& request);

/// The payload of newAuthz (section 7.4.1).
[[nodiscard]] std::string new_authorization_payload(
    const Identifier& identifier);

/// The payload of finalize: the CSR in DER, base64url (section 7.4).
[[nodiscard]] std::string finalize_payload(
    const std::vector<std::uint8_t>& csr);

}  // namespace acme
