// SPDX-License-Identifier: BSD-2-Clause
// What outlives a restart: account, certificates, orders in flight.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "acme_core/crypto/certificate.h"
#include "acme_core/crypto/private_key.h"
#include "acme_core/dns_record.h"
#include "acme_core/env/file_system.h"
#include "acme_core/identifier.h"
#include "acme_core/storage/records.h"

namespace acme {

struct StoredCertificate {
  CertificateChain chain;
  PrivateKey key;
};

/// An order that is under way: resumed, never repeated.
struct StoredOrder {
  /// Empty while the CA is yet to be asked for it. Key and intent are on disk
  /// by then, so that a crash never leaves an order at the CA without its key.
  std::string order_url;
  std::vector<Identifier> identifiers;
  /// The key the certificate is for.
  PrivateKey key;
};

/// A stored thing, nothing, or a reason why what is there cannot be used. The
/// store has set unusable files aside when the caller sees the reason.
template <typename T>
struct Loaded {
  std::optional<T> value;
  std::string problem;  ///< empty when nothing is wrong
};

/// The durable state of one issuer. Names of certificates are
/// CertificateSpec::storage_name(). Writing functions throw Error(kOurs).
/// Thread-safe.
class Store {
 public:
  virtual ~Store() = default;

  [[nodiscard]] virtual Loaded<PrivateKey> load_account_key() = 0;
  virtual void save_account_key(const PrivateKey& key) = 0;

  /// The account's URL (its "kid"), or nullopt.
  [[nodiscard]] virtual std::optional<std::string> load_account_url() = 0;
  virtual void save_account_url(const std::string& url) = 0;
  virtual void remove_account_url() = 0;

  /// What the CA was last told; empty when nothing is known.
  [[nodiscard]] virtual AccountRecord load_account_record() = 0;
  virtual void save_account_record(const AccountRecord& record) = 0;

  /// Puts what there is of an account aside, under a name that is made of
  /// `from`, and brings back what was put aside under that of `to`. Whatever a
  /// crash leaves, doing it again finishes it.
  virtual void change_account(const std::string& from,
                              const std::string& to) = 0;

  /// The key that is to replace the account's (RFC 8555 section 7.3.5). While
  /// there is one, the CA may know the account by either key.
  [[nodiscard]] virtual Loaded<PrivateKey> load_next_account_key() = 0;
  virtual void save_next_account_key(const PrivateKey& key) = 0;
  /// Makes it the account's key in one step and keeps the account's URL.
  virtual void promote_next_account_key() = 0;
  virtual void remove_next_account_key() = 0;

  /// Only a pair that belongs together is ever returned. When only the pair
  /// before the last save is usable, it is returned along with a problem.
  [[nodiscard]] virtual Loaded<StoredCertificate> load_certificate(
      const std::string& name) = 0;

  /// Replaces the pair and keeps the old one until remove_previous(). After a
  /// crash at any instruction, load_certificate() returns the old pair or the
  /// new one. Throws Error(kPermanent) for a pair that does not match.
  virtual void save_certificate(const std::string& name,
                                const CertificateRecord& record,
                                const StoredCertificate& certificate) = 0;

  /// Notes that the stored pair, which is `certificate`, may be served as it
  /// is: it does not have to be looked at again until it changes. What is saved
  /// counts as such.
  virtual void vouch_for(const std::string& name,
                         const StoredCertificate& certificate) = 0;

  /// Forgets the pair before the last save: the new one is served. Does nothing
  /// while the old one is the only usable pair.
  virtual void remove_previous(const std::string& name) = 0;

  /// Members that are missing or malformed are empty.
  [[nodiscard]] virtual CertificateRecord load_record(
      const std::string& name) = 0;

  /// Leaves what the file says of the certificate itself as it is.
  virtual void save_record(const std::string& name,
                           const CertificateRecord& record) = 0;

  /// Changes when anybody replaces the chain; nullopt when there is none.
  [[nodiscard]] virtual std::optional<FileStamp> certificate_stamp(
      const std::string& name) const = 0;

  /// The certificate's last status response as it was saved, whatever it says;
  /// empty when there is none.
  [[nodiscard]] virtual std::vector<std::uint8_t> load_staple(
      const std::string& name) = 0;
  /// An empty one is removed.
  virtual void save_staple(const std::string& name,
                           std::span<const std::uint8_t> response) = 0;

  [[nodiscard]] virtual Loaded<StoredOrder> load_order(
      const std::string& name) = 0;
  /// Writes the key only when it is not the stored one. Whatever a crash
  /// leaves, a URL is never found beside another order's key.
  virtual void save_order(const std::string& name,
                          const StoredOrder& order) = 0;
  virtual void remove_order(const std::string& name) = 0;
  /// All of them: they are another account's.
  virtual void remove_orders() = 0;

  /// Read back, no time is earlier than it was saved, and less than a second
  /// later.
  [[nodiscard]] virtual BudgetRecord load_budget() = 0;
  virtual void save_budget(const BudgetRecord& record) = 0;

  /// DNS records that may be published, and have to be removed. Those that make
  /// no sense are left out.
  [[nodiscard]] virtual std::vector<DnsRecord> load_dns_records() = 0;
  virtual void save_dns_records(const std::vector<DnsRecord>& records) = 0;

  /// Proves that a certificate could be kept: writes, syncs, reads back and
  /// removes 10 KiB. Throws Error(kOurs) when any of it fails.
  virtual void check() = 0;

  /// The right to act for this state: one process at a time. nullptr while
  /// another process has it.
  [[nodiscard]] virtual std::unique_ptr<FileLock> try_lock() = 0;
};

}  // namespace acme
