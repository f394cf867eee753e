// SPDX-License-Identifier: BSD-2-Clause
// Which DNS records are published, so that they are removed after a crash too.
#pragma once

#include <mutex>
#include <optional>
#include <span>
#include <vector>

#include "acme_core/dns_record.h"
#include "acme_core/storage/store.h"

namespace acme {

/// Of one issuer, in its state directory, which is ours alone while there are
/// orders. Thread-safe; throws Error(kOurs) when the disk does not take
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

}  // namespace acme
