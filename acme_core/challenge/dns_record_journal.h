// SPDX-License-Identifier: BSD-2-Clause
// Which DNS records are published, so that they are removed after a crash too.
#pragma once

#include <functional>
#include <mutex>
#include <optional>
#include <span>
#include <stop_token>
#include <vector>

#include "acme_core/challenge/dns_provider.h"
#include "acme_core/dns_record.h"
#include "acme_core/env/log.h"
#include "acme_core/storage/store.h"

namespace acme {

/// Of one issuer, in its state directory, which is ours alone while there are
/// orders. Thread-safe; throws Error(kTransient) when the disk does not take
/// it.
class DnsRecordJournal {
 public:
  /// `store` outlives the journal. Nothing is read before it is asked for.
  explicit DnsRecordJournal(Store& store) : store_(store) {}

  /// Before the records are published.
  void note(std::span<const DnsRecord> records);

  /// After they were removed.
  void forget(std::span<const DnsRecord> records);

  [[nodiscard]] std::vector<DnsRecord> records();

 private:
  [[nodiscard]] std::vector<DnsRecord>& loaded();

  Store& store_;
  std::mutex mutex_;  ///< guards what follows
  std::optional<std::vector<DnsRecord>> records_;
};

/// Who publishes a record; nullptr: nobody is configured for it. A provider is
/// for it when its zone has the domain or the name that the value goes to.
using DnsProviderChoice = std::function<DnsProvider*(const DnsRecord&)>;

/// Removes what a crash or a stop has left; called before the first order, and
/// by whoever has the state's lock. What cannot be removed stays in the journal
/// with a line in the log; what nobody is configured for any more is named in
/// the log and forgotten. Never throws but Error(kStopped).
void remove_leftover_records(DnsRecordJournal& journal,
                             const DnsProviderChoice& choose,
                             const EventLog& log, std::stop_token stop);

}  // namespace acme
