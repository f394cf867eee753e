// SPDX-License-Identifier: BSD-2-Clause
// What one issuer has for DNS challenges: providers, solvers, and a journal of
// the records that are published.
#pragma once

#include <memory>
#include <span>
#include <string>
#include <vector>

#include "acme_core/challenge/dns01.h"
#include "acme_core/challenge/dns_leftovers.h"
#include "acme_core/challenge/dns_provider.h"
#include "acme_core/challenge/dns_record_journal.h"
#include "acme_core/challenge/name_locks.h"
#include "acme_core/challenge/solver.h"
#include "acme_core/engine/engine_environment.h"
#include "acme_core/engine/plan.h"
#include "acme_core/env/log.h"
#include "acme_core/net/dns_lookup.h"
#include "acme_core/storage/store.h"

namespace acme {

/// Thread-safe.
class IssuerDns {
 public:
  /// All outlive the object. A provider that cannot be used is an error in the
  /// log, and there is none for its names.
  IssuerDns(const IssuerSpec& spec, Store& store,
            EngineEnvironment& environment, const EventLog& log);

  /// One for each type that can be answered.
  [[nodiscard]] std::span<const std::unique_ptr<ChallengeSolver>> solvers()
      const noexcept {
    return solvers_;
  }

  /// Who publishes the record: of the providers whose zone has the domain or
  /// the name that the value goes to, the one with the longest; nullptr: none.
  [[nodiscard]] DnsProvider* find(const DnsRecord& record) const;

  /// Records that a crash has left, to be removed. Call before the first order,
  /// with the right to the state.
  [[nodiscard]] std::unique_ptr<DnsLeftovers> take_leftovers();

 private:
  const IssuerSpec& spec_;
  const EventLog& log_;
  DnsRecordJournal journal_;
  NameLocks name_locks_;
  std::unique_ptr<DnsLookup> lookup_;
  std::vector<std::unique_ptr<HttpClient>> clients_;
  std::vector<std::unique_ptr<DnsProvider>> providers_;  ///< as in spec_.dns
  std::vector<std::unique_ptr<ChallengeSolver>> solvers_;
};

}  // namespace acme
