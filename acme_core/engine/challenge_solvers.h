// SPDX-License-Identifier: BSD-2-Clause
// Those who answer challenges, one for each type.
#pragma once

#include <memory>
#include <span>

#include "acme_core/challenge/http01.h"
#include "acme_core/challenge/name_claims.h"
#include "acme_core/challenge/solver.h"
#include "acme_core/challenge/tls_alpn01.h"
#include "acme_core/engine/plan.h"
#include "acme_core/engine/publisher.h"

namespace acme {

class ChallengeSolvers {
 public:
  /// All outlive the solvers; all solvers of one publisher share the claims.
  /// `dns` are those of the issuer for DNS challenges, as far as it has any.
  ChallengeSolvers(const IssuerSpec& issuer, Publisher& publisher,
                   NameClaims& claims,
                   std::span<const std::unique_ptr<ChallengeSolver>> dns = {})
      : http_(publisher, issuer.stateless),
        tls_(publisher, claims),
        dns_(dns) {}

  /// nullptr: nobody answers it.
  [[nodiscard]] ChallengeSolver* find(ChallengeType type) noexcept;

 private:
  Http01Solver http_;
  TlsAlpn01Solver tls_;
  std::span<const std::unique_ptr<ChallengeSolver>> dns_;
};

}  // namespace acme
