// SPDX-License-Identifier: BSD-2-Clause
// A status responder for tests: what it says, and who signs it.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "acme_core/crypto/private_key.h"
#include "acme_core/time_point.h"
#include "tests/support/test_ca.h"

namespace acme {

struct TestStatus {
  /// V_OCSP_CERTSTATUS_…
  int status = 0;
  /// OCSP_REVOKED_STATUS_…, for a revoked one; -1: none.
  int reason = -1;
  TimePoint this_update = kTestNotBefore;
  std::optional<TimePoint> next_update = kTestNotBefore + std::chrono::days(4);
};

/// A response about the first certificate of `chain_pem`, whose issuer is the
/// second, in DER.
[[nodiscard]] std::vector<std::uint8_t> make_status(
    const std::string& chain_pem, const TestStatus& status,
    const std::string& signer_pem, const PrivateKey& signer_key);

}  // namespace acme
