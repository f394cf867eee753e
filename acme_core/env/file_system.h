// SPDX-License-Identifier: BSD-2-Clause
// The door to the disk. Everything durable goes through a FileSystem, so that
// tests can fail the n-th operation or lose what was not synced.
#pragma once

#include <chrono>
#include <compare>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "acme_core/env/background_thread.h"
#include "acme_core/env/folder_watch.h"
#include "acme_core/secret.h"

namespace acme {

/// Held while it lives; released by the destructor and by the process's end.
class FileLock {
 public:
  virtual ~FileLock() = default;

  /// What whoever asked for it is to know of it, once; or empty.
  [[nodiscard]] virtual std::string remark() const { return {}; }

  /// False when another process has taken it over.
  [[nodiscard]] virtual bool is_held() const { return true; }
};

struct ReadResult {
  enum class Status {
    kOk,
    kNotFound,
    kRefused,  ///< a symbolic link, not a regular file, or over the limit
    kFailed,   ///< the system said no; `reason` has its words
  };
  Status status = Status::kNotFound;
  SecretBytes data;
  std::string reason;
  /// Of the certificate that a sealed private key was written for; empty: it is
  /// for none, or not sealed.
  std::string serial = {};
};

/// What became of secrets when their seals were renewed.
struct SealReport {
  std::size_t sealed = 0;  ///< with the key that seals now
  std::size_t opened = 0;  ///< kept in the open from now on
  std::string problem;     ///< why some stay as they were; empty: none do
};

/// Tells one state of a file from another without reading it: another program
/// that replaces or changes the file changes its stamp.
struct FileStamp {
  std::int64_t modified_ns = 0;  ///< since 1970, or any number that only grows
  std::uint64_t size = 0;        ///< in bytes
  std::uint64_t inode = 0;
  auto operator<=>(const FileStamp&) const = default;
};

/// A directory tree that belongs to us: the state directory of one issuer.
///
/// Paths are relative to the root, at most "folder/file". No component below
/// the root is ever followed through a symbolic link, since the tree belongs
/// to the unprivileged worker user while the master reads it as root.
/// Thread-safe. Failing writes throw Error(kOurs) naming the path.
class FileSystem {
 public:
  virtual ~FileSystem() = default;

  /// The root's own path, for messages.
  [[nodiscard]] virtual const std::string& root() const noexcept = 0;

  [[nodiscard]] virtual ReadResult read(std::string_view path,
                                        std::size_t limit) const = 0;

  /// Replaces a file's contents with mode 0600 or leaves it untouched:
  /// temporary file, fsync, rename, fsync of the directory. Creates the folder
  /// (0700) when it is missing.
  virtual void write(std::string_view path,
                     std::span<const std::uint8_t> data) = 0;

  /// The private key of the certificate with this serial (empty: of none): as
  /// write(), and bound to it where keys are sealed.
  virtual void write_key(std::string_view path,
                         std::span<const std::uint8_t> data,
                         const std::string& serial) {
    static_cast<void>(serial);
    write(path, data);
  }

  /// Seals what is not, and again what another key has sealed; or undoes it.
  /// Only for whoever has the lock.
  [[nodiscard]] virtual SealReport renew_seals() { return {}; }

  /// Atomic; replaces `to`. Throws when `from` is missing.
  virtual void rename(std::string_view from, std::string_view to) = 0;

  /// Removes a file; a missing one is fine.
  virtual void remove(std::string_view path) = 0;

  /// Names of the regular files directly in `folder` ("" is the root), sorted;
  /// empty when there is no such folder.
  [[nodiscard]] virtual std::vector<std::string> list(
      std::string_view folder) const = 0;

  /// nullopt when there is no such regular file, or nothing can be known.
  [[nodiscard]] virtual std::optional<FileStamp> stamp(
      std::string_view path) const = 0;

  /// Tells of changes in these folders ("" is the root) that other processes
  /// make; nullptr: one has to look.
  [[nodiscard]] virtual std::unique_ptr<FolderWatch> watch(
      const std::vector<std::string>&) const {
    return nullptr;
  }

  /// Takes an exclusive lock between processes on the file (created empty);
  /// nullptr when another process or another lock object holds it.
  [[nodiscard]] virtual std::unique_ptr<FileLock> try_lock(
      std::string_view path) = 0;

  /// Removes the temporary files that processes left in `folder` when they were
  /// killed in write(). Only for whoever has the lock: a write() of another
  /// process would fail. What cannot be removed stays.
  virtual void remove_leftovers(std::string_view) {}
};

/// Of a lock on a file system that has none.
struct HeartbeatTiming {
  std::chrono::milliseconds beat{5'000};
  int missed = 12;  ///< beats, after which a lock is up for grabs
};

class HeartbeatLocks;

/// A real directory.
class PosixFileSystem final : public FileSystem {
 public:
  /// The directory must exist; it is opened anew at every call, so that it may
  /// appear, vanish or be remounted while the program runs.
  explicit PosixFileSystem(std::string root);
  /// `flock` and `start_thread` stand in for the system's.
  PosixFileSystem(std::string root, std::function<int(int, int)> flock,
                  HeartbeatTiming timing,
                  ThreadStarter start_thread = start_background_thread);
  ~PosixFileSystem() override;

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
  void remove_leftovers(std::string_view folder) override;
  [[nodiscard]] std::unique_ptr<FolderWatch> watch(
      const std::vector<std::string>& folders) const override;

 private:
  std::string root_;
  std::function<int(int, int)> flock_;
  std::unique_ptr<HeartbeatLocks> without_flock_;
};

}  // namespace acme
