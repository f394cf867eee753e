// SPDX-License-Identifier: BSD-2-Clause
// A state directory whose secrets are encrypted on disk: private keys, and the
// passwords in acme-dns.json.
//
// What is sealed and what is not is opened alike; `acme_state_key` decides what
// is written. Copies of a file (.next, .prev, .bad) are sealed for the name
// without that ending, so that renaming them is one step.
#pragma once

#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "acme_core/crypto/sealing.h"
#include "acme_core/env/file_system.h"

namespace acme {

/// Without keys it still knows a sealed file, and says what it takes to read
/// it: such a file is never taken for a damaged one. While one is there that no
/// key opens, no secret is written, and check() fails: nothing is ordered.
class SealedFileSystem final : public FileSystem {
 public:
  SealedFileSystem(std::unique_ptr<FileSystem> files, SealingKeys keys);

  [[nodiscard]] const std::string& root() const noexcept override;
  [[nodiscard]] ReadResult read(std::string_view path,
                                std::size_t limit) const override;
  void write(std::string_view path,
             std::span<const std::uint8_t> data) override;
  void write_key(std::string_view path, std::span<const std::uint8_t> data,
                 const std::string& serial) override;
  void rename(std::string_view from, std::string_view to) override;
  void remove(std::string_view path) override;
  [[nodiscard]] std::vector<std::string> list(
      std::string_view folder) const override;
  [[nodiscard]] std::optional<FileStamp> stamp(
      std::string_view path) const override;
  [[nodiscard]] std::unique_ptr<FileLock> try_lock(
      std::string_view path) override;
  void remove_leftovers(std::string_view folder) override;
  [[nodiscard]] std::unique_ptr<FolderWatch> watch(
      const std::vector<std::string>& folders) const override;
  [[nodiscard]] SealReport renew_seals() override;

 private:
  void put(std::string_view path, std::span<const std::uint8_t> data,
           const std::string& serial);
  void renew_seal(const std::string& path, SealReport& report);
  [[nodiscard]] std::string serial_beside(const std::string& path) const;
  /// Throws while a file is there that no key opens.
  void require_keys() const;
  void note_closed(std::string_view path) const;

  const std::unique_ptr<FileSystem> files_;
  const SealingKeys keys_;
  /// Held while a secret is changed: to renew a seal is to read and write.
  std::mutex mutex_;
  mutable std::mutex closed_mutex_;  ///< guards what follows
  mutable std::string closed_path_;  ///< of a file that no key opens; or empty
};

/// The real directory, with whatever is sealed in it.
[[nodiscard]] std::unique_ptr<FileSystem> open_state_directory(
    const std::string& path, const SealingKeys& keys);

}  // namespace acme
