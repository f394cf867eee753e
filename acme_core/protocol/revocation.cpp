// SPDX-License-Identifier: BSD-2-Clause
// Revocation of certificates.
#include "acme_core/protocol/revocation.h"

#include <nlohmann/json.hpp>

#include "acme_core/crypto/base64url.h"

namespace acme {

std::string revocation_payload(const CertificateChain& chain,
                               RevocationReason reason) {
  nlohmann::json payload{
      {"certificate", base64url_encode(chain.der().front())}};
  if (reason != RevocationReason::kUnspecified) {
    payload["reason"] = static_cast<int>(reason);
  }
  return payload.dump();
}

}  // namespace acme
