// SPDX-License-Identifier: BSD-2-Clause
// Finding a solver.
#include "acme_core/engine/challenge_solvers.h"

#include <algorithm>

namespace acme {

ChallengeSolver* ChallengeSolvers::find(ChallengeType type) noexcept {
  if (type == ChallengeType::kHttp01) {
    return recorded_http_ ? static_cast<ChallengeSolver*>(&*recorded_http_)
                          : &http_;
  }
  if (type == ChallengeType::kTlsAlpn01) {
    return recorded_tls_ ? static_cast<ChallengeSolver*>(&*recorded_tls_)
                         : &tls_;
  }
  const auto found =
      std::find_if(dns_.begin(), dns_.end(),
                   [&](const auto& solver) { return solver->type() == type; });
  return found == dns_.end() ? nullptr : found->get();
}

}  // namespace acme
