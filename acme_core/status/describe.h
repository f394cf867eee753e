// SPDX-License-Identifier: BSD-2-Clause
// From what is wished, served and noted to what a person is shown.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "acme_core/crypto/certificate.h"
#include "acme_core/engine/plan.h"
#include "acme_core/monitor/notes.h"
#include "acme_core/status/model.h"
#include "acme_core/time_point.h"

namespace acme {

/// What is served for a certificate.
struct ServedCertificate {
  const CertificateChain& chain;
  bool is_stand_in = false;
  std::uint64_t generation = 0;
};

/// Everything but `servers` and `workers`, and but for what time changes: see
/// update_state(). `served` may be nullopt.
[[nodiscard]] CertificateStatus describe(
    const CertificateSpec& spec, const Plan& plan,
    const std::optional<ServedCertificate>& served,
    const CertificateNote& note);

/// A certificate that the operator has in a file. `number` is its own among
/// them.
[[nodiscard]] CertificateStatus describe_static(const CertificateChain& chain,
                                                std::size_t number,
                                                std::string file);

[[nodiscard]] CertificateStatus describe_orphan(const OrphanNote& orphan,
                                                const std::string& issuer);

/// Sets state, reason and cure by what else the status says, and the time.
/// Cheap: for every certificate at every look.
void update_state(CertificateStatus& status, TimePoint now);

}  // namespace acme
