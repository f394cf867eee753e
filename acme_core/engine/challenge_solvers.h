// SPDX-License-Identifier: BSD-2-Clause
// Those who answer challenges, one for each type.
#pragma once

#include <memory>
#include <optional>
#include <span>

#include "acme_core/challenge/http01.h"
#include "acme_core/challenge/name_locks.h"
#include "acme_core/challenge/responders.h"
#include "acme_core/challenge/solver.h"
#include "acme_core/challenge/tls_alpn01.h"
#include "acme_core/engine/order_answers_record.h"
#include "acme_core/engine/plan.h"

namespace acme {

class ChallengeSolvers {
 public:
  /// All outlive the solvers; all solvers of one server share the name_locks.
  /// `dns` are those of the issuer for DNS challenges, as far as it has any.
  /// `record` has what is presented in this server's own memory.
  ChallengeSolvers(const IssuerSpec& issuer, const Responders& responders,
                   NameLocks& name_locks,
                   std::span<const std::unique_ptr<ChallengeSolver>> dns = {},
                   OrderAnswersRecord* record = nullptr)
      : http_(responders.http, issuer.stateless),
        tls_(responders.tls_alpn, name_locks),
        dns_(dns) {
    if (record != nullptr) {
      recorded_tls_.emplace(tls_, *record);
      if (!issuer.stateless) {
        recorded_http_.emplace(http_, *record);
      }
    }
  }

  /// nullptr: nobody answers it.
  [[nodiscard]] ChallengeSolver* find(ChallengeType type) noexcept;

 private:
  Http01Solver http_;
  TlsAlpn01Solver tls_;
  std::optional<RecordedSolver> recorded_http_;
  std::optional<RecordedSolver> recorded_tls_;
  std::span<const std::unique_ptr<ChallengeSolver>> dns_;
};

}  // namespace acme
