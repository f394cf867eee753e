// SPDX-License-Identifier: BSD-2-Clause
// The state directory.
//
//   account.key  account.url
//   <name>.crt   <name>.key   <name>.json      chain, key, metadata
//   orders/<name>.json  orders/<name>.key      an order in flight
//   lock
//
// A pair is replaced in three steps, each atomic: write <name>.key.next and
// <name>.crt.next; rename the key; rename the chain. Whatever step a crash
// hits, either .crt and .key or .crt.next and .key(.next) belong together, and
// load_certificate() finds out which. Files that cannot be used are renamed to
// "<file>.bad" with a reason for the log, and never served. Files the disk
// cannot read just now are left alone: load_certificate() reports them, the
// other load functions throw Error(kTransient), so that an account or an order
// is not begun anew because of a hiccup.
#pragma once

#include <array>
#include <memory>
#include <mutex>
#include <optional>
#include <string>

#include "acme_core/env/file_system.h"
#include "acme_core/storage/store.h"

namespace acme {

class FileStore final : public Store {
 public:
  /// How load functions treat what they find.
  enum class Access {
    kOwner,     ///< finishes interrupted replacements, sets bad files aside
    kReadOnly,  ///< changes nothing on disk: the master reads at start
  };

  /// `files` must outlive the store.
  explicit FileStore(FileSystem& files, Access access = Access::kOwner)
      : files_(files), access_(access) {}

  [[nodiscard]] Loaded<PrivateKey> load_account_key() override;
  void save_account_key(const PrivateKey& key) override;
  [[nodiscard]] std::optional<std::string> load_account_url() override;
  void save_account_url(const std::string& url) override;
  void remove_account_url() override;
  [[nodiscard]] Loaded<StoredCertificate> load_certificate(
      const std::string& name) override;
  void save_certificate(const std::string& name, const std::string& issuer,
                        const StoredCertificate& certificate) override;
  [[nodiscard]] Loaded<StoredOrder> load_order(
      const std::string& name) override;
  void save_order(const std::string& name, const StoredOrder& order) override;
  void remove_order(const std::string& name) override;
  [[nodiscard]] std::unique_ptr<FileLock> try_lock() override;

 private:
  /// Loading may finish a replacement, so it and saving take turns. Throws for
  /// what cannot be a file's name.
  [[nodiscard]] std::unique_lock<std::mutex> lock(const std::string& name);

  FileSystem& files_;
  Access access_;
  std::array<std::mutex, 16> mutexes_;  ///< of names, by hash
};

}  // namespace acme
