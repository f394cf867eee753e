// SPDX-License-Identifier: BSD-2-Clause
// Choosing a solver.
#include "acme_core/engine/challenge_solvers.h"

#include "acme_core/challenge/http01.h"
#include "acme_core/challenge/tls_alpn01.h"

namespace acme {

std::unique_ptr<ChallengeSolver> make_solver(const IssuerSpec& issuer,
                                             const CertificateSpec& certificate,
                                             Publisher& publisher,
                                             NameClaims& claims) {
  switch (certificate.challenge_at(issuer)) {
    case ChallengeType::kTlsAlpn01:
      return std::make_unique<TlsAlpn01Solver>(publisher, claims);
    case ChallengeType::kHttp01:
    case ChallengeType::kDns01:
    case ChallengeType::kDnsAccount01:
    case ChallengeType::kDnsPersist01:
      break;
  }
  return std::make_unique<Http01Solver>(publisher, issuer.stateless);
}

}  // namespace acme
