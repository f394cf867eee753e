// SPDX-License-Identifier: BSD-2-Clause
// A state that lives in memory.
#include "acme_core/storage/memory_store.h"

#include <condition_variable>
#include <mutex>
#include <utility>

#include "acme_core/error.h"

namespace acme {
namespace {

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

CertificateChain copy_of(const CertificateChain& chain) {
  return CertificateChain::from_der(chain.der()).value();
}

std::optional<PrivateKey> copy_of(const std::optional<PrivateKey>& key) {
  return key ? std::optional(key->copy()) : std::nullopt;
}

// A node of `map` under another name, in place of what has it.
template <typename T>
void move_entry(std::map<std::string, T>& map, const std::string& from,
                const std::string& to) {
  if (auto node = map.extract(from)) {
    map.erase(to);
    node.key() = to;
    map.insert(std::move(node));
  }
}

}  // namespace

class MemoryStore::Memory {
 public:
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

namespace {

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
  void wait(std::chrono::milliseconds longest, std::stop_token stop) override {
    std::unique_lock lock(memory_->mutex);
    memory_->changed.wait_for(lock, std::move(stop), longest,
                              [this] { return memory_->changes != seen_; });
    seen_ = memory_->changes;
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

const std::string& MemoryStore::place() const noexcept {
  static const std::string kPlace = "memory";
  return kPlace;
}

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

Loaded<StoredCertificate> MemoryStore::load_certificate(
    const std::string& name) {
  const std::lock_guard lock(memory_->mutex);
  const auto found = memory_->certificates.find(name);
  if (found == memory_->certificates.end() || !found->second.chain) {
    return {};
  }
  return {StoredCertificate{copy_of(*found->second.chain),
                            found->second.key->copy()},
          {}};
}

void MemoryStore::save_certificate(const std::string& name,
                                   const CertificateRecord& record,
                                   const StoredCertificate& certificate) {
  if (!certificate.chain.matches(certificate.key)) {
    throw Error(ErrorKind::kPermanent,
                "the certificate does not match its private key; not stored");
  }
  const std::lock_guard lock(memory_->mutex);
  Certificate& stored = memory_->certificates[name];
  stored.chain = copy_of(certificate.chain);
  stored.key = certificate.key.copy();
  stored.record = record;
  stored.revision = memory_->change();
}

CertificateRecord MemoryStore::load_record(const std::string& name) {
  const std::lock_guard lock(memory_->mutex);
  const auto found = memory_->certificates.find(name);
  return found == memory_->certificates.end() ? CertificateRecord()
                                              : found->second.record;
}

void MemoryStore::save_record(const std::string& name,
                              const CertificateRecord& record) {
  change_record(name, [&](CertificateRecord& stored) { stored = record; });
}

void MemoryStore::change_record(
    const std::string& name,
    const std::function<void(CertificateRecord&)>& change) {
  const std::lock_guard lock(memory_->mutex);
  change(memory_->certificates[name].record);
  memory_->change();
}

std::optional<Revision> MemoryStore::certificate_revision(
    const std::string& name) const {
  const std::lock_guard lock(memory_->mutex);
  const auto found = memory_->certificates.find(name);
  return found == memory_->certificates.end() || !found->second.chain
             ? std::nullopt
             : std::optional(found->second.revision);
}

std::vector<std::uint8_t> MemoryStore::load_staple(const std::string& name) {
  const std::lock_guard lock(memory_->mutex);
  const auto found = memory_->certificates.find(name);
  return found == memory_->certificates.end() ? std::vector<std::uint8_t>()
                                              : found->second.staple;
}

void MemoryStore::save_staple(const std::string& name,
                              std::span<const std::uint8_t> response) {
  const std::lock_guard lock(memory_->mutex);
  memory_->certificates[name].staple = {response.begin(), response.end()};
  memory_->change();
}

std::vector<std::string> MemoryStore::certificate_names() const {
  const std::lock_guard lock(memory_->mutex);
  std::vector<std::string> names;
  for (const auto& [name, certificate] : memory_->certificates) {
    if (certificate.chain) {
      names.push_back(name);
    }
  }
  return names;
}

std::optional<CertificateDocument> MemoryStore::describe_certificate(
    const std::string& name) {
  const std::lock_guard lock(memory_->mutex);
  const auto found = memory_->certificates.find(name);
  if (found == memory_->certificates.end() || !found->second.chain) {
    return std::nullopt;
  }
  const Certificate& certificate = found->second;
  return CertificateDocument{
      facts_of(*certificate.chain, certificate.key->type()),
      certificate.record};
}

void MemoryStore::rename_certificate(const std::string& from,
                                     const std::string& to) {
  const std::lock_guard lock(memory_->mutex);
  const auto there = memory_->certificates.find(to);
  if (there == memory_->certificates.end() || !there->second.chain) {
    move_entry(memory_->certificates, from, to);
  } else {
    memory_->certificates.erase(from);
  }
  move_entry(memory_->orders, from, to);
  move_entry(memory_->answers, from, to);
  memory_->change();
}

void MemoryStore::archive_certificate(const std::string& name) {
  const std::lock_guard lock(memory_->mutex);
  memory_->orders.erase(name);
  memory_->answers.erase(name);
  if (auto node = memory_->certificates.extract(name)) {
    node.mapped().staple.clear();  // it ends within days
    memory_->archive.erase(name);
    memory_->archive.insert(std::move(node));
  }
  memory_->change();
}

Loaded<StoredOrder> MemoryStore::load_order(const std::string& name) {
  const std::lock_guard lock(memory_->mutex);
  const auto found = memory_->orders.find(name);
  if (found == memory_->orders.end()) {
    return {};
  }
  const StoredOrder& order = found->second;
  return {StoredOrder{order.order_url, order.identifiers, order.key.copy()},
          {}};
}

void MemoryStore::save_order(const std::string& name,
                             const StoredOrder& order) {
  const std::lock_guard lock(memory_->mutex);
  memory_->orders.insert_or_assign(
      name, StoredOrder{order.order_url, order.identifiers, order.key.copy()});
  memory_->change();
}

void MemoryStore::remove_order(const std::string& name) {
  const std::lock_guard lock(memory_->mutex);
  memory_->orders.erase(name);
  memory_->answers.erase(name);
  memory_->change();
}

void MemoryStore::remove_orders() {
  const std::lock_guard lock(memory_->mutex);
  memory_->orders.clear();
  memory_->answers.clear();
  memory_->change();
}

void MemoryStore::save_order_answers(const std::string& name,
                                     const std::vector<OrderAnswer>& answers) {
  const std::lock_guard lock(memory_->mutex);
  const Revision revision = memory_->change();
  if (answers.empty()) {
    memory_->answers.erase(name);
  } else {
    memory_->answers[name] = {answers, revision};
  }
}

std::vector<OrderAnswer> MemoryStore::load_order_answers(
    const std::string& name) const {
  const std::lock_guard lock(memory_->mutex);
  const auto found = memory_->answers.find(name);
  return found == memory_->answers.end() ? std::vector<OrderAnswer>()
                                         : found->second.list;
}

std::map<std::string, Revision> MemoryStore::order_answers() const {
  const std::lock_guard lock(memory_->mutex);
  std::map<std::string, Revision> revisions;
  for (const auto& [name, answers] : memory_->answers) {
    revisions.emplace(name, answers.revision);
  }
  return revisions;
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
