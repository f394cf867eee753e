// SPDX-License-Identifier: BSD-2-Clause
// A state directory that lives in memory.
#pragma once

#include <map>
#include <mutex>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "acme_core/env/file_system.h"
#include "acme_core/error.h"

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

inline const std::string& MemoryFileSystem::root() const noexcept {
  return root_;
}

inline ReadResult MemoryFileSystem::read(std::string_view path,
                                         std::size_t limit) const {
  const std::lock_guard lock(mutex_);
  const auto file = files_.find(path);
  if (file == files_.end()) {
    return {};
  }
  if (file->second.data.size() > limit) {
    return {ReadResult::Status::kRefused, {}, "is too large"};
  }
  return {ReadResult::Status::kOk, file->second.data, {}};
}

inline void MemoryFileSystem::write(std::string_view path,
                                    std::span<const std::uint8_t> data) {
  const std::lock_guard lock(mutex_);
  files_.insert_or_assign(
      std::string(path),
      File{SecretBytes(data.begin(), data.end()), ++changes_});
}

inline void MemoryFileSystem::rename(std::string_view from,
                                     std::string_view to) {
  const std::lock_guard lock(mutex_);
  const auto file = files_.find(from);
  if (file == files_.end()) {
    throw Error(ErrorKind::kOurs,
                "cannot rename " + std::string(from) + ": no such file");
  }
  File moved = std::move(file->second);
  files_.erase(file);
  files_.insert_or_assign(std::string(to), std::move(moved));
}

inline void MemoryFileSystem::remove(std::string_view path) {
  const std::lock_guard lock(mutex_);
  const auto file = files_.find(path);
  if (file != files_.end()) {
    files_.erase(file);
  }
}

inline std::vector<std::string> MemoryFileSystem::list(
    std::string_view folder) const {
  const std::lock_guard lock(mutex_);
  const std::string prefix =
      folder.empty() ? std::string() : std::string(folder) + "/";
  std::vector<std::string> names;
  for (const auto& [path, file] : files_) {
    if (path.starts_with(prefix) &&
        path.find('/', prefix.size()) == std::string::npos) {
      names.push_back(path.substr(prefix.size()));
    }
  }
  return names;
}

inline std::optional<FileStamp> MemoryFileSystem::stamp(
    std::string_view path) const {
  const std::lock_guard lock(mutex_);
  const auto file = files_.find(path);
  if (file == files_.end()) {
    return std::nullopt;
  }
  return FileStamp{file->second.modified, file->second.data.size(),
                   static_cast<std::uint64_t>(file->second.modified)};
}

inline std::unique_ptr<FileLock> MemoryFileSystem::try_lock(std::string_view) {
  return std::make_unique<FileLock>();
}

}  // namespace acme
