// SPDX-License-Identifier: BSD-2-Clause
// What outlives a restart: account, certificates, orders in flight.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "acme_core/crypto/certificate.h"
#include "acme_core/crypto/private_key.h"
#include "acme_core/env/file_system.h"
#include "acme_core/identifier.h"

namespace acme {

struct StoredCertificate {
  CertificateChain chain;
  PrivateKey key;
};

/// An order the CA knows and we have not finished: resumed, never repeated.
struct StoredOrder {
  std::string order_url;
  std::vector<Identifier> identifiers;
  /// The key the certificate is for; on disk before the CA hears of it.
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
/// CertificateSpec::storage_name(). Writing functions throw Error(kTransient).
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

  /// Only a pair that belongs together is ever returned.
  [[nodiscard]] virtual Loaded<StoredCertificate> load_certificate(
      const std::string& name) = 0;

  /// Replaces the pair. After a crash at any instruction, load_certificate()
  /// returns the old pair or the new one. `issuer` is for the metadata.
  virtual void save_certificate(const std::string& name,
                                const std::string& issuer,
                                const StoredCertificate& certificate) = 0;

  [[nodiscard]] virtual Loaded<StoredOrder> load_order(
      const std::string& name) = 0;
  virtual void save_order(const std::string& name,
                          const StoredOrder& order) = 0;
  virtual void remove_order(const std::string& name) = 0;

  /// The right to act for this state: one process at a time. nullptr while
  /// another process has it.
  [[nodiscard]] virtual std::unique_ptr<FileLock> try_lock() = 0;
};

}  // namespace acme
