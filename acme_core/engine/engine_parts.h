// SPDX-License-Identifier: BSD-2-Clause
// What the engine's threads work with, whatever they do.
#pragma once

#include <memory>
#include <vector>

#include "acme_core/challenge/http01_self_check.h"
#include "acme_core/challenge/name_locks.h"
#include "acme_core/engine/certificate_keeper.h"
#include "acme_core/engine/certificate_notes.h"
#include "acme_core/engine/engine_environment.h"
#include "acme_core/engine/issuer_session.h"
#include "acme_core/engine/pending_revocations.h"
#include "acme_core/engine/plan.h"
#include "acme_core/engine/staple_keeper.h"
#include "acme_core/engine/task_queue.h"

namespace acme {

class CommandDesk;
class IssuerReport;
using IssuerReports = std::vector<std::unique_ptr<IssuerReport>>;

/// All outlive whoever has them, and are thread-safe.
struct EngineParts {
  const Plan& plan;
  EngineEnvironment& environment;
  TaskQueue& queue;
  const IssuerSessions& sessions;
  StapleKeeper& staples;
  CertificateKeeper& keeper;
  const Http01SelfCheck& self_check;
  NameLocks& name_locks;  ///< of all orders that answer by TLS
  CertificateNotes& notes;
  const IssuerReports& reports;  ///< by issuer
  CommandDesk& desk;
  PendingRevocations& revocations;
  const TimePoint started_at;
};

}  // namespace acme
