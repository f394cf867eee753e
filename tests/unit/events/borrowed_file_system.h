// SPDX-License-Identifier: BSD-2-Clause
// A file system of the test's, for those who want one of their own: several
// processes with one directory.
#pragma once

#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "acme_core/env/file_system.h"

namespace acme {

class BorrowedFileSystem final : public FileSystem {
 public:
  explicit BorrowedFileSystem(FileSystem& files) : files_(files) {}

  [[nodiscard]] const std::string& root() const noexcept override {
    return files_.root();
  }
  [[nodiscard]] ReadResult read(std::string_view path,
                                std::size_t limit) const override {
    return files_.read(path, limit);
  }
  void write(std::string_view path,
             std::span<const std::uint8_t> data) override {
    files_.write(path, data);
  }
  void rename(std::string_view from, std::string_view to) override {
    files_.rename(from, to);
  }
  void remove(std::string_view path) override { files_.remove(path); }
  [[nodiscard]] std::vector<std::string> list(
      std::string_view folder) const override {
    return files_.list(folder);
  }
  [[nodiscard]] std::optional<FileStamp> stamp(
      std::string_view path) const override {
    return files_.stamp(path);
  }
  [[nodiscard]] std::unique_ptr<FileLock> try_lock(
      std::string_view path) override {
    return files_.try_lock(path);
  }

 private:
  FileSystem& files_;
};

}  // namespace acme
