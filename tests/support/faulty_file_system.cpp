// SPDX-License-Identifier: BSD-2-Clause
// A file system in memory that fails, or crashes, where a test says.
#include "tests/support/faulty_file_system.h"

#include <utility>

#include "acme_core/error.h"

namespace acme {

void FaultyFileSystem::fail_change(std::size_t n) {
  const std::lock_guard lock(mutex_);
  fail_change_ = changes_ + n;
}

void FaultyFileSystem::crash_at_change(std::size_t n) {
  const std::lock_guard lock(mutex_);
  crash_change_ = changes_ + n;
}

void FaultyFileSystem::fail_read(std::size_t n) {
  const std::lock_guard lock(mutex_);
  fail_read_ = reads_ + n;
}

void FaultyFileSystem::fail_reads_of(std::string path) {
  const std::lock_guard lock(mutex_);
  fail_reads_of_ = std::move(path);
}

void FaultyFileSystem::restart() {
  const std::lock_guard lock(mutex_);
  reads_ = 0;
  changes_ = 0;
  was_hit_ = false;
  fail_change_ = kNever;
  crash_change_ = kNever;
  fail_read_ = kNever;
  fail_reads_of_.clear();
}

std::size_t FaultyFileSystem::changes() const {
  const std::lock_guard lock(mutex_);
  return changes_;
}

bool FaultyFileSystem::was_hit() const {
  const std::lock_guard lock(mutex_);
  return was_hit_;
}

void FaultyFileSystem::set_locked_by_another(bool locked) {
  const std::lock_guard lock(mutex_);
  locked_by_another_ = locked;
}

void FaultyFileSystem::begin_change(const std::string& what) {
  const std::lock_guard lock(mutex_);
  ++changes_;
  if (changes_ == fail_change_ || changes_ >= crash_change_) {
    was_hit_ = true;
    throw Error(ErrorKind::kOurs,
                "cannot " + what + ": simulated disk failure");
  }
}

const std::string& FaultyFileSystem::root() const noexcept {
  return files_.root();
}

ReadResult FaultyFileSystem::read(std::string_view path,
                                  std::size_t limit) const {
  {
    const std::lock_guard lock(mutex_);
    if (++reads_ == fail_read_ || path == fail_reads_of_) {
      was_hit_ = true;
      return {ReadResult::Status::kFailed, {}, "simulated disk failure"};
    }
  }
  return files_.read(path, limit);
}

void FaultyFileSystem::write(std::string_view path,
                             std::span<const std::uint8_t> data) {
  begin_change("write " + std::string(path));
  files_.write(path, data);
}

void FaultyFileSystem::rename(std::string_view from, std::string_view to) {
  begin_change("rename " + std::string(from));
  files_.rename(from, to);
}

void FaultyFileSystem::remove(std::string_view path) {
  begin_change("remove " + std::string(path));
  files_.remove(path);
}

std::vector<std::string> FaultyFileSystem::list(std::string_view folder) const {
  return files_.list(folder);
}

std::optional<FileStamp> FaultyFileSystem::stamp(std::string_view path) const {
  return files_.stamp(path);
}

std::unique_ptr<FileLock> FaultyFileSystem::try_lock(std::string_view path) {
  const std::lock_guard lock(mutex_);
  return locked_by_another_ ? nullptr : files_.try_lock(path);
}

}  // namespace acme
