// SPDX-License-Identifier: BSD-2-Clause
// Removing what is still in the journal.
#include "acme_core/challenge/dns_leftovers.h"

#include <map>
#include <string>
#include <utility>
#include <vector>

#include "acme_core/error.h"

namespace acme {
namespace {

std::string name_of(const DnsRecord& record) {
  return "the DNS record TXT \"" + record.fqdn + "\" with the value \"" +
         record.value + "\", left by an order that was interrupted";
}

}  // namespace

// Records that orders take turns with.
struct DnsLeftovers::Group {
  Group(NameLocks& name_locks, const std::string& name)
      : lock(name_locks.lock({name}, {})) {}

  NameLocks::Lock lock;
  std::vector<std::pair<DnsRecord, DnsProvider*>> records;
};

DnsLeftovers::DnsLeftovers(DnsRecordJournal& journal, NameLocks& name_locks,
                           const DnsProviderChoice& choose, const EventLog& log)
    : journal_(journal), log_(log) {
  try {
    std::vector<DnsRecord> nobodys;
    std::map<std::string, Group*> known;
    for (const DnsRecord& record : journal.records()) {
      DnsProvider* const provider = choose(record);
      if (provider == nullptr) {
        log.warn("no DNS provider is configured for " + name_of(record) +
                 ": remove it by hand");
        nobodys.push_back(record);
        continue;
      }
      const std::string name = provider->lock_name(record);
      Group*& group = known[name];
      if (group == nullptr) {
        groups_.push_back(std::make_unique<Group>(name_locks, name));
        group = groups_.back().get();
      }
      group->records.emplace_back(record, provider);
    }
    journal.forget(nobodys);
  } catch (const Error& error) {
    log.warn(std::string("cannot tell which DNS records are left over: ") +
             error.what() + "; tried again at the next start");
  }
}

DnsLeftovers::~DnsLeftovers() = default;

std::size_t DnsLeftovers::count() {
  const std::lock_guard lock(mutex_);
  return groups_.size();
}

std::unique_ptr<DnsLeftovers::Group> DnsLeftovers::next() {
  const std::lock_guard lock(mutex_);
  if (groups_.empty()) {
    return nullptr;
  }
  std::unique_ptr<Group> group = std::move(groups_.front());
  groups_.pop_front();
  return group;
}

void DnsLeftovers::remove(std::stop_token stop) {
  while (const std::unique_ptr<Group> group = next()) {
    std::vector<DnsRecord> done;
    for (const auto& [record, provider] : group->records) {
      if (clean_up(*provider, record, stop)) {
        done.push_back(record);
      }
    }
    try {
      journal_.forget(done);
    } catch (const Error& error) {
      log_.warn(std::string("which DNS records were removed is not kept: ") +
                error.what() + "; they are looked for at the next start");
    }
  }
}

bool DnsLeftovers::clean_up(DnsProvider& provider, const DnsRecord& record,
                            const std::stop_token& stop) {
  try {
    provider.cleanup(record, stop);
    log_.info("removed " + name_of(record));
    return true;
  } catch (const Error& error) {
    if (error.kind() == ErrorKind::kStopped) {
      throw;
    }
    log_.warn("cannot remove " + name_of(record) +
              ", tried again at the next start: " + error.what());
    return false;
  }
}

}  // namespace acme
