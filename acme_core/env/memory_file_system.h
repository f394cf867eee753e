// SPDX-License-Identifier: BSD-2-Clause
// A state directory that lives in memory: for "state_path off".
#pragma once

#include <map>
#include <mutex>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "acme_core/env/file_system.h"

namespace acme {

class MemoryFileSystem final : public FileSystem {
 public:
  [[nodiscard]] const std::string& root() const noexcept override;
  [[nodiscard]] ReadResult read(std::string_view path,
                                std::size_t limit) const override;
  void write(std::string_view path,
             std::span<const std::uint8_t> data) override;
  void rename(std::string_view from, std::string_view to) override;
  void remove(std::string_view path) override;
  [[nodiscard]] std::vector<std::string> list(
      std::string_view folder) const override;
  [[nodiscard]] std::optional<FileStamp> stamp(
      std::string_view path) const override;
  /// Always succeeds: nobody else can see this memory.
  [[nodiscard]] std::unique_ptr<FileLock> try_lock(
      std::string_view path) override;

 private:
  const std::string root_ = "memory";
  struct File {
    SecretBytes data;
    std::int64_t modified = 0;  ///< the change that wrote it, from 1 on
  };

  mutable std::mutex mutex_;
  std::map<std::string, File, std::less<>> files_;
  std::int64_t changes_ = 0;
};

}  // namespace acme
