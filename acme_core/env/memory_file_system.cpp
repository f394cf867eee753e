// SPDX-License-Identifier: BSD-2-Clause
// A state directory that lives in memory.
#include "acme_core/env/memory_file_system.h"

#include "acme_core/error.h"

namespace acme {

const std::string& MemoryFileSystem::root() const noexcept { return root_; }

ReadResult MemoryFileSystem::read(std::string_view path,
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

void MemoryFileSystem::write(std::string_view path,
                             std::span<const std::uint8_t> data) {
  const std::lock_guard lock(mutex_);
  files_.insert_or_assign(
      std::string(path),
      File{SecretBytes(data.begin(), data.end()), ++changes_});
}

void MemoryFileSystem::rename(std::string_view from, std::string_view to) {
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

void MemoryFileSystem::remove(std::string_view path) {
  const std::lock_guard lock(mutex_);
  const auto file = files_.find(path);
  if (file != files_.end()) {
    files_.erase(file);
  }
}

std::vector<std::string> MemoryFileSystem::list(std::string_view folder) const {
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

std::optional<FileStamp> MemoryFileSystem::stamp(std::string_view path) const {
  const std::lock_guard lock(mutex_);
  const auto file = files_.find(path);
  if (file == files_.end()) {
    return std::nullopt;
  }
  return FileStamp{file->second.modified, file->second.data.size(),
                   static_cast<std::uint64_t>(file->second.modified)};
}

std::unique_ptr<FileLock> MemoryFileSystem::try_lock(std::string_view) {
  return std::make_unique<FileLock>();
}

}  // namespace acme
