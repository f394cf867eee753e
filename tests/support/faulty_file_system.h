// SPDX-License-Identifier: BSD-2-Clause
// A file system in memory that fails, or crashes, where a test says.
#pragma once

#include <cstddef>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "tests/support/memory_file_system.h"

namespace acme {

/// Counts changes (write, rename, remove) and reads from 1 on. Thread-safe.
///
///   for (std::size_t n = 1; ; ++n) {
///     FaultyFileSystem files;
///     files.crash_at_change(n);
///     ... act, expecting an Error ...
///     files.restart();
///     ... assert; stop when nothing crashed ...
///   }
class FaultyFileSystem final : public FileSystem {
 public:
  /// The n-th change from now on throws Error(kOurs) and changes nothing;
  /// those after it work again: a full disk, a hiccup.
  void fail_change(std::size_t n);

  /// Every change from the n-th on throws, as if the process had ended there.
  void crash_at_change(std::size_t n);

  /// The n-th read from now on says kFailed.
  void fail_read(std::size_t n);

  /// Every read of this file says kFailed.
  void fail_reads_of(std::string path);

  /// Ends all faults and starts counting anew.
  void restart();

  /// Changes that were tried, and faults that hit, since the last restart().
  [[nodiscard]] std::size_t changes() const;
  [[nodiscard]] bool was_hit() const;

  /// While another holder is simulated, try_lock() gives nullptr.
  void set_locked_by_another(bool locked);

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
  [[nodiscard]] std::unique_ptr<FileLock> try_lock(
      std::string_view path) override;

 private:
  static constexpr std::size_t kNever = static_cast<std::size_t>(-1);

  void begin_change(const std::string& what);

  MemoryFileSystem files_;
  mutable std::mutex mutex_;
  mutable std::size_t reads_ = 0;
  mutable bool was_hit_ = false;
  std::size_t changes_ = 0;
  std::size_t fail_change_ = kNever;
  std::size_t crash_change_ = kNever;
  std::size_t fail_read_ = kNever;
  std::string fail_reads_of_;
  bool locked_by_another_ = false;
};

}  // namespace acme
