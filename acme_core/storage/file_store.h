// SPDX-License-Identifier: BSD-2-Clause
// The state directory.
//
//   account.key  account.url  account.json     account.key.next in a rollover
//   <name>.crt   <name>.key   <name>.json      chain, key, facts and record
//   <name>.crt.prev  <name>.key.prev           the pair before, until the new
//                                              one is served
//   <name>.ocsp                                the chain's last status response
//   orders/<name>.json  orders/<name>.key      an order in flight
//   orders/<name>.answers.json                 what it has in front of the CA
//   budget.json                                orders and failures of late
//   acme-dns.json                              accounts at acme-dns servers
//   dns-records.json                           published for orders in flight
//   followers/<hash>.json                      what other processes serve
//   archive/                                   what nobody has asked for lately
//   account-<hash>.key  .url  .json            of another directory of the CA
//   lock  check  holder.json                   who works for the directory
//
// How a pair is replaced is in stored_pair.h. Files that cannot be used are
// renamed to "<file>.bad" with a reason for the log, and never served; records
// in JSON are read as far as they make sense. Files the disk cannot read just
// now are left alone: load_certificate() reports them, the other load functions
// throw Error(kOurs), so that an account or an order is not begun anew,
// nor a limit forgotten, because of a hiccup.
#pragma once

#include <array>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "acme_core/env/file_system.h"
#include "acme_core/storage/store.h"
#include "acme_core/storage/verified_pair.h"

namespace acme {

class FileStore final : public Store {
 public:
  /// How load functions treat what they find.
  enum class Access {
    kOwner,     ///< finishes interrupted replacements, sets bad files aside
    kReadOnly,  ///< changes nothing on disk: the master reads at start
  };

  /// `files` must outlive the store.
  explicit FileStore(FileSystem& files, Access access = Access::kOwner);
  /// With files of its own.
  explicit FileStore(std::unique_ptr<FileSystem> files);

  [[nodiscard]] const std::string& place() const noexcept override {
    return files_.root();
  }
  [[nodiscard]] Store& reader() noexcept override;
  /// Of a file in the directory that has the key's name. The one on the state
  /// is lost with that file: another one is another directory.
  [[nodiscard]] std::unique_ptr<Lease> try_lease(std::string_view key) override;
  /// Seals private keys, or opens them.
  [[nodiscard]] std::vector<StoreReport> put_in_order() override;
  [[nodiscard]] std::unique_ptr<ChangeWatch> watch() override;
  void check() override;

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
  void mark_verified(const std::string& name,
                     const StoredCertificate& certificate) override;
  /// What save_certificate() and mark_verified() have left, without looking at
  /// it again; nullopt when anything has changed since.
  [[nodiscard]] std::optional<VerifiedPair> load_verified(
      const std::string& name);
  void remove_previous(const std::string& name) override;
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

  void save_holder(const std::vector<std::string>& certificates) override;
  [[nodiscard]] std::vector<std::string> load_holder() const override;

  [[nodiscard]] BudgetRecord load_budget() override;
  void save_budget(const BudgetRecord& record) override;

  [[nodiscard]] Loaded<AcmeDnsAccount> load_acme_dns_account(
      const std::string& domain, const std::string& server_url) override;
  void save_acme_dns_account(const std::string& domain,
                             const AcmeDnsAccount& account) override;

  [[nodiscard]] std::vector<DnsRecord> load_dns_records() override;
  void save_dns_records(const std::vector<DnsRecord>& records) override;

  [[nodiscard]] std::optional<Revision> dns_records_revision() const override;

  // The stock as a whole, in file_store_stock.cpp.

  [[nodiscard]] std::vector<std::string> certificate_names() const override;
  [[nodiscard]] std::optional<CertificateDocument> describe_certificate(
      const std::string& name) override;
  void rename_certificate(const std::string& from,
                          const std::string& to) override;
  /// To the folder "archive".
  void archive_certificate(const std::string& name) override;
  void save_followed(const std::string& id,
                     const std::vector<std::string>& names,
                     TimePoint now) override;
  [[nodiscard]] std::set<std::string> load_followed(TimePoint since) override;

 private:
  /// Loading may finish a replacement, so it and saving take turns. Throws for
  /// what cannot be a file's name.
  [[nodiscard]] std::unique_lock<std::mutex> lock(const std::string& name);

  [[nodiscard]] CertificateRecord load_locked_record(const std::string& name);
  void save_locked_record(const std::string& name,
                          const CertificateRecord& record);

  const std::unique_ptr<FileSystem> own_files_;  ///< or nullptr
  FileSystem& files_;
  const Access access_;
  const std::unique_ptr<FileStore> reader_;  ///< of an owner
  std::array<std::mutex, 16> mutexes_;       ///< of names, by hash
};

}  // namespace acme
