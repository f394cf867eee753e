// SPDX-License-Identifier: BSD-2-Clause
// A state that lives in memory: for "state_path off".
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "acme_core/storage/store.h"

namespace acme {

class MemoryStore final : public Store {
 public:
  /// What is stored. Several stores may share it, as processes share a
  /// directory.
  class Memory;
  [[nodiscard]] static std::shared_ptr<Memory> make_memory();

  explicit MemoryStore(std::shared_ptr<Memory> memory = make_memory());
  ~MemoryStore() override;

  [[nodiscard]] const std::string& place() const noexcept override;
  [[nodiscard]] Store& reader() noexcept override { return *this; }
  [[nodiscard]] std::unique_ptr<Lease> try_lease(std::string_view key) override;
  [[nodiscard]] std::vector<StoreReport> put_in_order() override { return {}; }
  [[nodiscard]] std::unique_ptr<ChangeWatch> watch() override;
  void check() override {}

  [[nodiscard]] Loaded<PrivateKey> load_account_key() override;
  void save_account_key(const PrivateKey& key) override;
  [[nodiscard]] std::optional<std::string> load_account_url() override;
  void save_account_url(const std::string& url) override;
  void remove_account_url() override;
  [[nodiscard]] AccountRecord load_account_record() override;
  void save_account_record(const AccountRecord& record) override;
  void change_account_record(
      const std::function<void(AccountRecord&)>& change) override;
  void change_account(const std::string& from, const std::string& to) override;
  [[nodiscard]] Loaded<PrivateKey> load_next_account_key() override;
  void save_next_account_key(const PrivateKey& key) override;
  void promote_next_account_key() override;
  void remove_next_account_key() override;

  [[nodiscard]] Loaded<StoredCertificate> load_certificate(
      const std::string& name) override;
  void save_certificate(const std::string& name,
                        const CertificateRecord& record,
                        const StoredCertificate& certificate) override;
  /// Nothing here is ever damaged: nobody has to look again, and the pair
  /// before is of no use.
  void mark_verified(const std::string&, const StoredCertificate&) override {}
  void remove_previous(const std::string&) override {}
  [[nodiscard]] CertificateRecord load_record(const std::string& name) override;
  void save_record(const std::string& name,
                   const CertificateRecord& record) override;
  void change_record(
      const std::string& name,
      const std::function<void(CertificateRecord&)>& change) override;
  [[nodiscard]] std::optional<Revision> certificate_revision(
      const std::string& name) const override;
  [[nodiscard]] std::vector<std::uint8_t> load_staple(
      const std::string& name) override;
  void save_staple(const std::string& name,
                   std::span<const std::uint8_t> response) override;
  [[nodiscard]] std::vector<std::string> certificate_names() const override;
  [[nodiscard]] std::optional<CertificateDocument> describe_certificate(
      const std::string& name) override;
  void rename_certificate(const std::string& from,
                          const std::string& to) override;
  void archive_certificate(const std::string& name) override;

  [[nodiscard]] Loaded<StoredOrder> load_order(
      const std::string& name) override;
  void save_order(const std::string& name, const StoredOrder& order) override;
  void remove_order(const std::string& name) override;
  void remove_orders() override;
  void save_order_answers(const std::string& name,
                          const std::vector<OrderAnswer>& answers) override;
  [[nodiscard]] std::vector<OrderAnswer> load_order_answers(
      const std::string& name) const override;
  [[nodiscard]] std::map<std::string, Revision> order_answers() const override;

  [[nodiscard]] BudgetRecord load_budget() override;
  void save_budget(const BudgetRecord& record) override;
  [[nodiscard]] std::vector<DnsRecord> load_dns_records() override;
  void save_dns_records(const std::vector<DnsRecord>& records) override;
  [[nodiscard]] std::optional<Revision> dns_records_revision() const override;
  [[nodiscard]] Loaded<AcmeDnsAccount> load_acme_dns_account(
      const std::string& domain, const std::string& server_url) override;
  void save_acme_dns_account(const std::string& domain,
                             const AcmeDnsAccount& account) override;

  void save_holder(const std::vector<std::string>& certificates) override;
  [[nodiscard]] std::vector<std::string> load_holder() const override;
  void save_followed(const std::string& id,
                     const std::vector<std::string>& names,
                     TimePoint now) override;
  [[nodiscard]] std::set<std::string> load_followed(TimePoint since) override;

 private:
  const std::string place_ = "memory";
  const std::shared_ptr<Memory> memory_;
};

}  // namespace acme
