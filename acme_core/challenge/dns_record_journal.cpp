// SPDX-License-Identifier: BSD-2-Clause
// Noting records, and removing what is still noted.
#include "acme_core/challenge/dns_record_journal.h"

#include <algorithm>
#include <string>
#include <utility>

#include "acme_core/error.h"

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

void remove_leftover_records(DnsRecordJournal& journal,
                             const DnsProviderChoice& choose,
                             const EventLog& log, std::stop_token stop) {
  try {
    std::vector<DnsRecord> done;
    for (const DnsRecord& record : journal.records()) {
      const std::string what = "the DNS record TXT \"" + record.fqdn +
                               "\" with the value \"" + record.value +
                               "\", left by an order that was interrupted";
      try {
        if (DnsProvider* const provider = choose(record)) {
          provider->cleanup(record, stop);
          log.info("removed " + what);
        } else {
          log.warn("no DNS provider is configured for " + what +
                   ": remove it by hand");
        }
        done.push_back(record);
      } catch (const Error& error) {
        if (error.kind() == ErrorKind::kStopped) {
          throw;
        }
        log.warn("cannot remove " + what +
                 ", tried again at the next start: " + error.what());
      }
    }
    journal.forget(done);
  } catch (const Error& error) {
    if (error.kind() == ErrorKind::kStopped) {
      throw;
    }
    log.warn(std::string("cannot tell which DNS records are left over: ") +
             error.what());
  }
}

}  // namespace acme
