// SPDX-License-Identifier: BSD-2-Clause
// What is sent to revoke a certificate.
#include "acme_core/protocol/revocation.h"

#include <nlohmann/json.hpp>

#include "acme_core/crypto/base64url.h"
#include "acme_core/json_text.h"

namespace acme {

std::string revocation_payload(const std::vector<std::uint8_t>& certificate,
                               RevocationReason reason) {
  nlohmann::json payload{{"certificate", base64url_encode(certificate)}};
  if (reason != RevocationReason::kUnspecified) {
    payload["reason"] = static_cast<int>(reason);
  }
  return to_text(payload);
}

}  // namespace acme
