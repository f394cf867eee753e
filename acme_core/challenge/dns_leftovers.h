// SPDX-License-Identifier: BSD-2-Clause
// DNS records that a crash or a stop has left.
#pragma once

#include <cstddef>
#include <deque>
#include <memory>
#include <mutex>
#include <stop_token>

#include "acme_core/challenge/dns_provider.h"
#include "acme_core/challenge/dns_record_journal.h"
#include "acme_core/challenge/name_locks.h"
#include "acme_core/env/log.h"

namespace acme {

/// Removes what is in the journal before the first order. Orders that want one
/// of these records wait until it is removed; all others go on.
class DnsLeftovers {
 public:
  /// Claims the records; made by whoever has the state's lock. What nobody is
  /// configured for any more is named in the log and forgotten. All outlive the
  /// object but `choose`.
  DnsLeftovers(DnsRecordJournal& journal, NameLocks& name_locks,
               const DnsProviderChoice& choose, const EventLog& log);
  ~DnsLeftovers();
  DnsLeftovers(const DnsLeftovers&) = delete;
  DnsLeftovers& operator=(const DnsLeftovers&) = delete;

  /// How many threads have something to remove.
  [[nodiscard]] std::size_t count();

  /// Removes until nothing is left, which several threads may do together. What
  /// cannot be removed stays in the journal with a line in the log. Throws
  /// nothing but Error(kStopped).
  void remove(std::stop_token stop);

 private:
  struct Group;

  [[nodiscard]] std::unique_ptr<Group> next();
  [[nodiscard]] bool clean_up(DnsProvider& provider, const DnsRecord& record,
                              const std::stop_token& stop);

  DnsRecordJournal& journal_;
  const EventLog& log_;
  std::mutex mutex_;  ///< guards what follows
  std::deque<std::unique_ptr<Group>> groups_;
};

}  // namespace acme
