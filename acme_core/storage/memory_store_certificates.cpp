// SPDX-License-Identifier: BSD-2-Clause
// A state that lives in memory: certificates and orders.
#include "acme_core/error.h"
#include "acme_core/storage/memory_store_memory.h"

namespace acme {
namespace {

CertificateChain copy_of(const CertificateChain& chain) {
  return CertificateChain::from_der(chain.der()).value();
}

}  // namespace

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
  Memory::Certificate& stored = memory_->certificates[name];
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
  const Memory::Certificate& certificate = found->second;
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

}  // namespace acme
