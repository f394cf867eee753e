// SPDX-License-Identifier: BSD-2-Clause
// Noting records.
#include "acme_core/challenge/dns_record_journal.h"

#include <algorithm>
#include <utility>

namespace acme {

void DnsRecordJournal::note(std::span<const DnsRecord> records) {
  const std::lock_guard lock(mutex_);
  std::vector<DnsRecord> changed = loaded();
  for (const DnsRecord& record : records) {
    if (std::find(changed.begin(), changed.end(), record) == changed.end()) {
      changed.push_back(record);
    }
  }
  store_.save_dns_records(changed);
  records_ = std::move(changed);
}

void DnsRecordJournal::forget(std::span<const DnsRecord> records) {
  const std::lock_guard lock(mutex_);
  std::vector<DnsRecord> changed = loaded();
  std::erase_if(changed, [&](const DnsRecord& record) {
    return std::find(records.begin(), records.end(), record) != records.end();
  });
  if (changed != *records_) {
    store_.save_dns_records(changed);
    records_ = std::move(changed);
  }
}

std::vector<DnsRecord> DnsRecordJournal::records() {
  const std::lock_guard lock(mutex_);
  return loaded();
}

std::vector<DnsRecord>& DnsRecordJournal::loaded() {
  if (!records_) {
    records_ = store_.load_dns_records();
  }
  return *records_;
}

}  // namespace acme
