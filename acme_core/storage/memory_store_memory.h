// SPDX-License-Identifier: BSD-2-Clause
// What MemoryStore's functions have in common.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "acme_core/storage/memory_store.h"

namespace acme {

class MemoryStore::Memory {
 public:
  struct Account {
    std::optional<PrivateKey> key;
    std::optional<PrivateKey> next_key;
    std::optional<std::string> url;
    AccountRecord record;
  };

  // Of one name; without a chain only what is written down about it.
  struct Certificate {
    std::optional<CertificateChain> chain;
    std::optional<PrivateKey> key;
    CertificateRecord record;
    std::vector<std::uint8_t> staple;
    Revision revision;
  };

  struct Answers {
    std::vector<OrderAnswer> list;
    Revision revision;
  };

  struct Followed {
    TimePoint at;
    std::vector<std::string> names;
  };

  // What somebody may wait for. Call with `mutex` held.
  Revision change() {
    changed.notify_all();
    return std::to_string(++changes);
  }

  std::mutex mutex;  // guards what follows
  std::condition_variable_any changed;
  std::uint64_t changes = 0;
  std::set<std::string, std::less<>> leases;
  Account account;
  std::map<std::string, Account> accounts_aside;
  std::map<std::string, Certificate> certificates;
  std::map<std::string, Certificate> archive;
  std::map<std::string, StoredOrder> orders;
  std::map<std::string, Answers> answers;
  BudgetRecord budget;
  std::vector<DnsRecord> dns_records;
  Revision dns_records_revision;
  std::map<std::string, AcmeDnsAccount> acme_dns;
  std::vector<std::string> holder;
  std::map<std::string, Followed> followers;
};

/// A node of `map` under another name, in place of what has it.
template <typename T>
void move_entry(std::map<std::string, T>& map, const std::string& from,
                const std::string& to) {
  if (auto node = map.extract(from)) {
    map.erase(to);
    node.key() = to;
    map.insert(std::move(node));
  }
}

}  // namespace acme
