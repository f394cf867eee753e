// SPDX-License-Identifier: BSD-2-Clause
// What outlives a restart: account, certificates, orders in flight; and who may
// change it.
//
// Whoever keeps it, on a disk or on another machine, passes one suite of tests:
// tests/unit/storage/any_store_test.cpp.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <span>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

#include "acme_core/crypto/certificate.h"
#include "acme_core/crypto/private_key.h"
#include "acme_core/dns_record.h"
#include "acme_core/env/log.h"
#include "acme_core/identifier.h"
#include "acme_core/storage/acme_dns_account.h"
#include "acme_core/storage/certificate_document.h"
#include "acme_core/storage/order_answers.h"
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

/// Of something that is stored: another one means that it was replaced, by
/// whomever. Says nothing else.
using Revision = std::string;

/// The right to act for a state, which one process has at a time. Held while it
/// lives; released by the destructor and, at the latest within minutes, by the
/// process's end.
class Lease {
 public:
  enum class State {
    kHeld,
    kTakenOver,  ///< by another process: this one did not say that it is there
    kGone,       ///< the state was removed, replaced or unmounted
  };

  virtual ~Lease() = default;
  [[nodiscard]] virtual State state() const = 0;
  /// What whoever asked for it is to know of it, once; or empty.
  [[nodiscard]] virtual std::string remark() const { return {}; }
};

/// The key of the lease on all there is of an issuer.
inline constexpr std::string_view kStateLease = "lock";

/// Tells of changes that other processes make.
class ChangeWatch {
 public:
  virtual ~ChangeWatch() = default;
  /// Until something was changed since the last call, the time is over, or a
  /// stop is requested: whether it was. May return early.
  virtual bool wait(std::chrono::milliseconds longest,
                    std::stop_token stop) = 0;
};

/// What putting a state in order has done or found damaged.
struct StoreReport {
  LogLevel level = LogLevel::kNotice;
  std::string text;
};

/// The durable state of one issuer. Names of certificates are
/// CertificateSpec::storage_name(). Functions that write, and those that cannot
/// tell what is there, throw Error(kOurs). Thread-safe.
class Store {
 public:
  virtual ~Store() = default;

  /// Where it is, for messages, and to tell one from another.
  [[nodiscard]] virtual const std::string& place() const noexcept = 0;

  /// The same for whoever does not have the lease: loading changes nothing, as
  /// finishing what a crash has cut would.
  [[nodiscard]] virtual Store& reader() noexcept = 0;

  /// nullptr while another process, or another lease object, has it. Throws
  /// Error when nobody can have it now.
  [[nodiscard]] virtual std::unique_ptr<Lease> try_lease(
      std::string_view key) = 0;

  /// For whoever has just got the lease on the state, before anything else:
  /// brings it to the form that is configured.
  [[nodiscard]] virtual std::vector<StoreReport> put_in_order() = 0;

  /// nullptr: one has to look.
  [[nodiscard]] virtual std::unique_ptr<ChangeWatch> watch() = 0;

  /// Proves that a certificate could be kept: writes, syncs, reads back and
  /// removes 10 KiB. Throws Error(kOurs) when any of it fails.
  virtual void check() = 0;

  // The account.

  [[nodiscard]] virtual Loaded<PrivateKey> load_account_key() = 0;
  virtual void save_account_key(const PrivateKey& key) = 0;

  /// The account's URL (its "kid"), or nullopt.
  [[nodiscard]] virtual std::optional<std::string> load_account_url() = 0;
  virtual void save_account_url(const std::string& url) = 0;
  virtual void remove_account_url() = 0;

  /// What the CA was last told; empty when nothing is known.
  [[nodiscard]] virtual AccountRecord load_account_record() = 0;
  virtual void save_account_record(const AccountRecord& record) = 0;
  /// In one step: nothing that is written meanwhile gets lost. `change` may be
  /// called more than once, and must not use the store.
  virtual void change_account_record(
      const std::function<void(AccountRecord&)>& change) = 0;

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

  // Certificates.

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
  virtual void mark_verified(const std::string& name,
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
  /// As change_account_record().
  virtual void change_record(
      const std::string& name,
      const std::function<void(CertificateRecord&)>& change) = 0;

  /// Of the chain; nullopt when there is none.
  [[nodiscard]] virtual std::optional<Revision> certificate_revision(
      const std::string& name) const = 0;

  /// The certificate's last status response as it was saved, whatever it says;
  /// empty when there is none.
  [[nodiscard]] virtual std::vector<std::uint8_t> load_staple(
      const std::string& name) = 0;
  /// An empty one is removed.
  virtual void save_staple(const std::string& name,
                           std::span<const std::uint8_t> response) = 0;

  /// The names of all certificates, sorted. Throws Error(kTransient).
  [[nodiscard]] virtual std::vector<std::string> certificate_names() const = 0;
  /// What is known of a certificate without its key, and without a look at the
  /// pair where the metadata says it; nullopt: nothing.
  [[nodiscard]] virtual std::optional<CertificateDocument> describe_certificate(
      const std::string& name) = 0;
  /// Moves what is stored under a name that is no longer in use. Whatever a
  /// crash leaves, the pair is under one of the names at least.
  virtual void rename_certificate(const std::string& from,
                                  const std::string& to) = 0;
  /// Puts it aside, where nobody looks for it by its name.
  virtual void archive_certificate(const std::string& name) = 0;

  // Orders.

  [[nodiscard]] virtual Loaded<StoredOrder> load_order(
      const std::string& name) = 0;
  /// Writes the key only when it is not the stored one. Whatever a crash
  /// leaves, a URL is never found beside another order's key.
  virtual void save_order(const std::string& name,
                          const StoredOrder& order) = 0;
  virtual void remove_order(const std::string& name) = 0;
  /// All of them: they are another account's.
  virtual void remove_orders() = 0;

  /// What the order has in front of the CA; nothing ends that. Goes with the
  /// order.
  virtual void save_order_answers(const std::string& name,
                                  const std::vector<OrderAnswer>& answers) = 0;
  [[nodiscard]] virtual std::vector<OrderAnswer> load_order_answers(
      const std::string& name) const = 0;
  /// The orders that have something in front of the CA.
  [[nodiscard]] virtual std::map<std::string, Revision> order_answers()
      const = 0;

  // What limits and clean-up depend on.

  /// Read back, no time is earlier than it was saved, and less than a second
  /// later.
  [[nodiscard]] virtual BudgetRecord load_budget() = 0;
  virtual void save_budget(const BudgetRecord& record) = 0;

  /// DNS records that may be published, and have to be removed. Those that make
  /// no sense are left out.
  [[nodiscard]] virtual std::vector<DnsRecord> load_dns_records() = 0;
  virtual void save_dns_records(const std::vector<DnsRecord>& records) = 0;
  /// Of what load_dns_records() reads.
  [[nodiscard]] virtual std::optional<Revision> dns_records_revision()
      const = 0;

  /// The account of the domain at this acme-dns server.
  [[nodiscard]] virtual Loaded<AcmeDnsAccount> load_acme_dns_account(
      const std::string& domain, const std::string& server_url) = 0;
  /// Replaces the domain's account; others stay.
  virtual void save_acme_dns_account(const std::string& domain,
                                     const AcmeDnsAccount& account) = 0;

  // Who works for the state, and with it.

  /// The certificates that whoever has the lease works for.
  virtual void save_holder(const std::vector<std::string>& certificates) = 0;
  [[nodiscard]] virtual std::vector<std::string> load_holder() const = 0;

  /// Another process notes what it serves out of this state; `id` stays the
  /// same as long as its configuration does.
  virtual void save_followed(const std::string& id,
                             const std::vector<std::string>& names,
                             TimePoint now) = 0;
  /// What was noted since `since`; older notes are removed.
  [[nodiscard]] virtual std::set<std::string> load_followed(
      TimePoint since) = 0;
};

}  // namespace acme
