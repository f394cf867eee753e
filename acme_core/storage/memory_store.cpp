// SPDX-License-Identifier: BSD-2-Clause
// A state that lives in memory: who may change it, accounts, and the rest.
#include "acme_core/storage/memory_store.h"

#include "acme_core/storage/memory_store_memory.h"

namespace acme {
namespace {

std::optional<PrivateKey> copy_of(const std::optional<PrivateKey>& key) {
  return key ? std::optional(key->copy()) : std::nullopt;
}

class MemoryLease final : public Lease {
 public:
  MemoryLease(std::shared_ptr<MemoryStore::Memory> memory, std::string key)
      : memory_(std::move(memory)), key_(std::move(key)) {}
  ~MemoryLease() override {
    const std::lock_guard lock(memory_->mutex);
    memory_->leases.erase(key_);
    memory_->change();
  }
  MemoryLease(const MemoryLease&) = delete;
  MemoryLease& operator=(const MemoryLease&) = delete;

  [[nodiscard]] State state() const override { return State::kHeld; }

 private:
  const std::shared_ptr<MemoryStore::Memory> memory_;
  const std::string key_;
};

class MemoryWatch final : public ChangeWatch {
 public:
  explicit MemoryWatch(std::shared_ptr<MemoryStore::Memory> memory)
      : memory_(std::move(memory)) {
    const std::lock_guard lock(memory_->mutex);
    seen_ = memory_->changes;
  }
  bool wait(std::chrono::milliseconds longest, std::stop_token stop) override {
    std::unique_lock lock(memory_->mutex);
    memory_->changed.wait_for(lock, std::move(stop), longest,
                              [this] { return memory_->changes != seen_; });
    return std::exchange(seen_, memory_->changes) != memory_->changes;
  }

 private:
  const std::shared_ptr<MemoryStore::Memory> memory_;
  std::uint64_t seen_ = 0;
};

}  // namespace

std::shared_ptr<MemoryStore::Memory> MemoryStore::make_memory() {
  return std::make_shared<Memory>();
}

MemoryStore::MemoryStore(std::shared_ptr<Memory> memory)
    : memory_(std::move(memory)) {}

MemoryStore::~MemoryStore() = default;

const std::string& MemoryStore::place() const noexcept { return place_; }

std::unique_ptr<Lease> MemoryStore::try_lease(std::string_view key) {
  const std::lock_guard lock(memory_->mutex);
  return memory_->leases.emplace(key).second
             ? std::make_unique<MemoryLease>(memory_, std::string(key))
             : nullptr;
}

std::unique_ptr<ChangeWatch> MemoryStore::watch() {
  return std::make_unique<MemoryWatch>(memory_);
}

Loaded<PrivateKey> MemoryStore::load_account_key() {
  const std::lock_guard lock(memory_->mutex);
  return {copy_of(memory_->account.key), {}};
}

// With another key the URL would be another one's account.
void MemoryStore::save_account_key(const PrivateKey& key) {
  const std::lock_guard lock(memory_->mutex);
  memory_->account.url.reset();
  memory_->account.key = key.copy();
  memory_->change();
}

std::optional<std::string> MemoryStore::load_account_url() {
  const std::lock_guard lock(memory_->mutex);
  return memory_->account.url;
}

void MemoryStore::save_account_url(const std::string& url) {
  const std::lock_guard lock(memory_->mutex);
  memory_->account.url = url;
  memory_->change();
}

void MemoryStore::remove_account_url() {
  const std::lock_guard lock(memory_->mutex);
  memory_->account.url.reset();
  memory_->change();
}

AccountRecord MemoryStore::load_account_record() {
  const std::lock_guard lock(memory_->mutex);
  return memory_->account.record;
}

void MemoryStore::save_account_record(const AccountRecord& record) {
  change_account_record([&](AccountRecord& stored) { stored = record; });
}

void MemoryStore::change_account_record(
    const std::function<void(AccountRecord&)>& change) {
  const std::lock_guard lock(memory_->mutex);
  change(memory_->account.record);
  memory_->change();
}

void MemoryStore::change_account(const std::string& from,
                                 const std::string& to) {
  const std::lock_guard lock(memory_->mutex);
  memory_->accounts_aside[from] = std::move(memory_->account);
  memory_->account = std::exchange(memory_->accounts_aside[to], {});
  memory_->change();
}

Loaded<PrivateKey> MemoryStore::load_next_account_key() {
  const std::lock_guard lock(memory_->mutex);
  return {copy_of(memory_->account.next_key), {}};
}

void MemoryStore::save_next_account_key(const PrivateKey& key) {
  const std::lock_guard lock(memory_->mutex);
  memory_->account.next_key = key.copy();
  memory_->change();
}

void MemoryStore::promote_next_account_key() {
  const std::lock_guard lock(memory_->mutex);
  if (!memory_->account.next_key) {
    throw Error(ErrorKind::kOurs, "there is no next account key");
  }
  memory_->account.key = std::exchange(memory_->account.next_key, {});
  memory_->change();
}

void MemoryStore::remove_next_account_key() {
  const std::lock_guard lock(memory_->mutex);
  memory_->account.next_key.reset();
  memory_->change();
}

BudgetRecord MemoryStore::load_budget() {
  const std::lock_guard lock(memory_->mutex);
  return memory_->budget;
}

void MemoryStore::save_budget(const BudgetRecord& record) {
  const std::lock_guard lock(memory_->mutex);
  memory_->budget = record;
  memory_->change();
}

std::vector<DnsRecord> MemoryStore::load_dns_records() {
  const std::lock_guard lock(memory_->mutex);
  return memory_->dns_records;
}

void MemoryStore::save_dns_records(const std::vector<DnsRecord>& records) {
  const std::lock_guard lock(memory_->mutex);
  memory_->dns_records = records;
  memory_->dns_records_revision = memory_->change();
}

std::optional<Revision> MemoryStore::dns_records_revision() const {
  const std::lock_guard lock(memory_->mutex);
  return memory_->dns_records.empty()
             ? std::nullopt
             : std::optional(memory_->dns_records_revision);
}

Loaded<AcmeDnsAccount> MemoryStore::load_acme_dns_account(
    const std::string& domain, const std::string& server_url) {
  const std::lock_guard lock(memory_->mutex);
  const auto found = memory_->acme_dns.find(domain);
  return found == memory_->acme_dns.end() ||
                 found->second.server_url != server_url
             ? Loaded<AcmeDnsAccount>()
             : Loaded<AcmeDnsAccount>{found->second, {}};
}

void MemoryStore::save_acme_dns_account(const std::string& domain,
                                        const AcmeDnsAccount& account) {
  const std::lock_guard lock(memory_->mutex);
  memory_->acme_dns.insert_or_assign(domain, account);
  memory_->change();
}

void MemoryStore::save_holder(const std::vector<std::string>& certificates) {
  const std::lock_guard lock(memory_->mutex);
  memory_->holder = certificates;
  memory_->change();
}

std::vector<std::string> MemoryStore::load_holder() const {
  const std::lock_guard lock(memory_->mutex);
  return memory_->holder;
}

void MemoryStore::save_followed(const std::string& id,
                                const std::vector<std::string>& names,
                                TimePoint now) {
  const std::lock_guard lock(memory_->mutex);
  memory_->followers[id] = {now, names};
  memory_->change();
}

std::set<std::string> MemoryStore::load_followed(TimePoint since) {
  const std::lock_guard lock(memory_->mutex);
  std::erase_if(memory_->followers,
                [&](const auto& note) { return note.second.at < since; });
  std::set<std::string> names;
  for (const auto& [id, followed] : memory_->followers) {
    names.insert(followed.names.begin(), followed.names.end());
  }
  return names;
}

}  // namespace acme
