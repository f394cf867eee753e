// SPDX-License-Identifier: BSD-2-Clause
// The engine's doors to the outside.
#pragma once

#include <functional>
#include <memory>
#include <vector>

#include "acme_core/challenge/solver.h"
#include "acme_core/engine/budget.h"
#include "acme_core/engine/plan.h"
#include "acme_core/engine/publisher.h"
#include "acme_core/env/clock.h"
#include "acme_core/env/file_system.h"
#include "acme_core/env/log.h"
#include "acme_core/env/random.h"
#include "acme_core/net/http_client.h"

namespace acme {

/// At most one for each type.
using DnsSolvers = std::vector<std::unique_ptr<ChallengeSolver>>;

/// All references outlive the engine.
struct EngineEnvironment {
  Clock& clock;
  Random& random;
  Logger& logger;
  Publisher& publisher;
  /// To an issuer's CA.
  std::function<std::unique_ptr<HttpClient>(const IssuerSpec&)> connect;
  /// To our own listeners, over plain HTTP.
  std::function<std::unique_ptr<HttpClient>()> connect_locally;
  std::function<std::unique_ptr<FileSystem>(const IssuerSpec&)> open_state;
  std::function<BudgetLimits(const IssuerSpec&)> limits;
  /// Who answers the issuer's DNS challenges. What has to be kept is kept in
  /// its state directory.
  std::function<DnsSolvers(const IssuerSpec&, FileSystem& state,
                           const EventLog&)>
      dns_solvers = [](const IssuerSpec&, FileSystem&, const EventLog&) {
        return DnsSolvers();
      };
};

/// libcurl for HTTP, the real disk for state (memory when the issuer has no
/// state path), the machine's clock and random numbers, the limits that CAs
/// publish.
[[nodiscard]] EngineEnvironment real_environment(const Plan& plan,
                                                 Logger& logger,
                                                 Publisher& publisher);

}  // namespace acme
