// SPDX-License-Identifier: BSD-2-Clause
// From the plan's challenge types to those who answer them.
#pragma once

#include <memory>

#include "acme_core/challenge/name_claims.h"
#include "acme_core/challenge/solver.h"
#include "acme_core/engine/plan.h"
#include "acme_core/engine/publisher.h"

namespace acme {

/// Answers the challenge that the certificate wants at this issuer. Publisher
/// and claims outlive the solver; all solvers of one publisher share them.
[[nodiscard]] std::unique_ptr<ChallengeSolver> make_solver(
    const IssuerSpec& issuer, const CertificateSpec& certificate,
    Publisher& publisher, NameClaims& claims);

}  // namespace acme
