// SPDX-License-Identifier: BSD-2-Clause
// A real directory tree, walked without ever following a symbolic link.
//
// The tree belongs to the worker user. While root reads it, that user may swap
// any component for a link; so every step is an openat() relative to a
// descriptor already checked, never a path that is looked up again.
#include <dirent.h>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cinttypes>
#include <cstdio>
#include <optional>
#include <system_error>
#include <utility>

#include "acme_core/env/descriptor.h"
#include "acme_core/env/file_system.h"
#include "acme_core/env/heartbeat_lock.h"
#include "acme_core/env/ownership.h"
#include "acme_core/env/posix_path.h"
#include "acme_core/env/random.h"
#include "acme_core/env/trusted_path.h"
#include "acme_core/error.h"

namespace acme {
namespace {

constexpr std::string_view kTemporaryPrefix = ".tmp.";
constexpr int kOpenDirectory = O_RDONLY | O_DIRECTORY | O_CLOEXEC;
constexpr mode_t kFileMode = 0600;
constexpr mode_t kFolderMode = 0700;

struct CloseDirectory {
  void operator()(DIR* directory) const noexcept { closedir(directory); }
};

std::string words(int error) { return std::system_category().message(error); }

// Carries out changes below one root; failures name action and path.
class Change {
 public:
  Change(const std::string& root, std::string action)
      : root_(root), action_(std::move(action)) {}

  [[noreturn]] void fail(const std::string& why) const {
    throw Error(ErrorKind::kOurs, "cannot " + action_ + ": " + why);
  }
  [[noreturn]] void fail_with_errno() const {
    const int error = errno;
    fail(words(error) + ownership_cure(error, root_));
  }

  void require(bool success) const {
    if (!success) {
      fail_with_errno();
    }
  }

  [[nodiscard]] Path split_path(std::string_view path) const {
    auto parts = parse_path(path);
    if (!parts) {
      fail("not a name of the state directory");
    }
    return std::move(*parts);
  }

  // An invalid descriptor when the folder is missing.
  [[nodiscard]] Descriptor open_folder(const std::string& folder) const {
    Descriptor root = open_root();
    return folder.empty() ? std::move(root) : open_below(root, folder);
  }

  [[nodiscard]] Descriptor make_folder(const std::string& folder) const {
    Descriptor root = open_root();
    if (folder.empty()) {
      return root;
    }
    if (Descriptor found = open_below(root, folder)) {
      return found;
    }
    require(mkdirat(root.get(), folder.c_str(), kFolderMode) == 0 ||
            errno == EEXIST);
    sync_directory(root);
    Descriptor made = open_below(root, folder);
    require(static_cast<bool>(made));
    return made;
  }

  // Makes renames and removals survive a power cut. Some file systems cannot
  // sync a directory and say EINVAL; they are as durable as they get.
  void sync_directory(const Descriptor& directory) const {
    require(fsync(directory.get()) == 0 || errno == EINVAL);
  }

 private:
  [[nodiscard]] Descriptor open_root() const {
    Descriptor root = open_trusted(root_);
    require(static_cast<bool>(root));
    return root;
  }

  [[nodiscard]] Descriptor open_below(const Descriptor& root,
                                      const std::string& folder) const {
    Descriptor found(
        openat(root.get(), folder.c_str(), kOpenDirectory | O_NOFOLLOW));
    require(found || errno == ENOENT);
    return found;
  }

  const std::string& root_;
  std::string action_;
};

// A hard link to somebody else's file would make root read that file for the
// worker user, where the kernel does not protect hard links by itself.
bool is_foreign_link(const struct stat& file, const Descriptor& directory) {
  struct stat owner {};
  return file.st_nlink > 1 &&
         (fstat(directory.get(), &owner) != 0 || owner.st_uid != file.st_uid);
}

ReadResult refused(std::string reason) {
  return {ReadResult::Status::kRefused, {}, std::move(reason)};
}

ReadResult failed(int error) {
  return {ReadResult::Status::kFailed, {}, words(error)};
}

// Reads to the end whatever fstat() said: the file may grow meanwhile.
ReadResult read_all(const Descriptor& file, std::size_t expected,
                    std::size_t limit) {
  ReadResult result{ReadResult::Status::kOk, {}, {}};
  result.data.resize(std::min(expected, limit) + 1);
  std::size_t size = 0;
  for (;;) {
    const ssize_t count = ::read(file.get(), result.data.data() + size,
                                 result.data.size() - size);
    if (count < 0 && errno != EINTR) {
      return failed(errno);
    }
    if (count == 0) {
      result.data.resize(size);
      return result;
    }
    size += count > 0 ? static_cast<std::size_t>(count) : 0;
    if (size > limit) {
      return refused("is larger than " + std::to_string(limit) + " bytes");
    }
    if (size == result.data.size()) {
      result.data.resize(std::min(2 * size, limit) + 1);
    }
  }
}

ReadResult read_file(const Descriptor& directory, const std::string& name,
                     std::size_t limit) {
  // O_NONBLOCK: opening a FIFO must not wait for its other end.
  const Descriptor file(
      openat(directory.get(), name.c_str(),
             O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC));
  if (!file) {
    switch (errno) {
      case ENOENT:
        return {};
      case ELOOP:
        return refused("is a symbolic link");
      case ENXIO:  // a socket
        return refused("is not a regular file");
      default:
        return failed(errno);
    }
  }
  struct stat status {};
  if (fstat(file.get(), &status) != 0) {
    return failed(errno);
  }
  if (!S_ISREG(status.st_mode)) {
    return refused("is not a regular file");
  }
  if (is_foreign_link(status, directory)) {
    return refused("is a hard link to another user's file");
  }
  return read_all(file, static_cast<std::size_t>(status.st_size), limit);
}

// A new file that vanishes again unless it is renamed.
class TemporaryFile {
 public:
  TemporaryFile(const Descriptor& directory, const Change& change)
      : directory_(directory), change_(change) {
    // Not named after the target, whose name may be as long as names can be.
    std::array<char, 17> hex{};
    do {
      static_cast<void>(std::snprintf(hex.data(), hex.size(), "%016" PRIx64,
                                      SystemRandom().below(UINT64_MAX)));
      name_ = std::string(kTemporaryPrefix) + hex.data();
      file_ = Descriptor(openat(
          directory.get(), name_.c_str(),
          O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, kFileMode));
    } while (!file_ && errno == EEXIST);
    change_.require(static_cast<bool>(file_));
  }

  ~TemporaryFile() {
    if (!name_.empty()) {
      unlinkat(directory_.get(), name_.c_str(), 0);
    }
  }
  TemporaryFile(const TemporaryFile&) = delete;
  TemporaryFile& operator=(const TemporaryFile&) = delete;

  void fill(std::span<const std::uint8_t> data) const {
    // The process's umask could have taken away our own right to read.
    change_.require(fchmod(file_.get(), kFileMode) == 0);
    while (!data.empty()) {
      const ssize_t count = ::write(file_.get(), data.data(), data.size());
      change_.require(count >= 0 || errno == EINTR);
      data = data.subspan(count > 0 ? static_cast<std::size_t>(count) : 0);
    }
    change_.require(fsync(file_.get()) == 0);
  }

  void rename_to(const std::string& name) {
    change_.require(renameat(directory_.get(), name_.c_str(), directory_.get(),
                             name.c_str()) == 0);
    name_.clear();
    change_.sync_directory(directory_);
  }

 private:
  const Descriptor& directory_;
  const Change& change_;
  std::string name_;
  Descriptor file_;
};

class FlockedFile final : public FileLock {
 public:
  explicit FlockedFile(Descriptor file) noexcept : file_(std::move(file)) {}
  // Said aloud, since a child that inherited the descriptor across a fork would
  // keep the lock although we close ours.
  ~FlockedFile() override { flock(file_.get(), LOCK_UN); }
  FlockedFile(const FlockedFile&) = delete;
  FlockedFile& operator=(const FlockedFile&) = delete;

 private:
  Descriptor file_;
};

bool is_regular(const Descriptor& directory, const std::string& name) {
  struct stat status {};
  return fstatat(directory.get(), name.c_str(), &status, AT_SYMLINK_NOFOLLOW) ==
             0 &&
         S_ISREG(status.st_mode);
}

// Of regular files, temporary ones as well.
std::vector<std::string> names_in(const Descriptor& directory,
                                  const Change& change) {
  // fdopendir() keeps the descriptor, and `directory` is still needed.
  const int copy = fcntl(directory.get(), F_DUPFD_CLOEXEC, 0);
  change.require(copy >= 0);
  const std::unique_ptr<DIR, CloseDirectory> entries(fdopendir(copy));
  change.require(entries != nullptr);
  std::vector<std::string> names;
  // NOLINTNEXTLINE(concurrency-mt-unsafe): the stream is ours alone.
  while (const dirent* entry = readdir(entries.get())) {
    std::string name(&entry->d_name[0]);
    if (is_regular(directory, name)) {
      names.push_back(std::move(name));
    }
  }
  return names;
}

// NFS without its lock service, some network volumes of containers.
bool has_no_locks(int error) {
  return error == ENOLCK || error == EOPNOTSUPP || error == ENOSYS;
}

bool is_temporary(const std::string& name) {
  return name.starts_with(kTemporaryPrefix);
}

}  // namespace

PosixFileSystem::PosixFileSystem(std::string root)
    : PosixFileSystem(std::move(root), ::flock, HeartbeatTiming()) {}

PosixFileSystem::PosixFileSystem(std::string root,
                                 std::function<int(int, int)> flock,
                                 HeartbeatTiming timing,
                                 ThreadStarter start_thread)
    : root_(std::move(root)),
      flock_(std::move(flock)),
      without_flock_(std::make_unique<HeartbeatLocks>(
          root_, timing, std::move(start_thread))) {}

PosixFileSystem::~PosixFileSystem() = default;

const std::string& PosixFileSystem::root() const noexcept { return root_; }

ReadResult PosixFileSystem::read(std::string_view path,
                                 std::size_t limit) const {
  const auto parts = parse_path(path);
  if (!parts) {
    return refused("is not a name of the state directory");
  }
  Descriptor directory = open_trusted(root_);
  if (!directory) {
    // Not kNotFound: an unmounted state directory is no reason to start anew.
    return failed(errno);
  }
  if (!parts->folder.empty()) {
    directory = Descriptor(openat(directory.get(), parts->folder.c_str(),
                                  kOpenDirectory | O_NOFOLLOW));
    if (!directory) {
      return errno == ENOENT ? ReadResult{}
             : errno == ENOTDIR || errno == ELOOP
                 ? refused("is not in a real folder")
                 : failed(errno);
    }
  }
  errno = 0;
  ReadResult file = read_file(directory, parts->file, limit);
  if (file.status == ReadResult::Status::kFailed) {
    file.reason += ownership_cure(errno, root_);
  }
  return file;
}

void PosixFileSystem::write(std::string_view path,
                            std::span<const std::uint8_t> data) {
  const Change change(root_, "write " + root_ + "/" + std::string(path));
  const Path parts = change.split_path(path);
  const Descriptor directory = change.make_folder(parts.folder);
  TemporaryFile file(directory, change);
  file.fill(data);
  file.rename_to(parts.file);
}

void PosixFileSystem::rename(std::string_view from, std::string_view to) {
  const Change change(root_, "rename " + root_ + "/" + std::string(from) +
                                 " to " + std::string(to));
  const Path old_parts = change.split_path(from);
  const Path new_parts = change.split_path(to);
  const Descriptor old_folder = change.open_folder(old_parts.folder);
  change.require(static_cast<bool>(old_folder));
  const Descriptor new_folder = change.make_folder(new_parts.folder);
  change.require(renameat(old_folder.get(), old_parts.file.c_str(),
                          new_folder.get(), new_parts.file.c_str()) == 0);
  change.sync_directory(new_folder);
  if (old_parts.folder != new_parts.folder) {
    change.sync_directory(old_folder);
  }
}

void PosixFileSystem::remove(std::string_view path) {
  const Change change(root_, "remove " + root_ + "/" + std::string(path));
  const Path parts = change.split_path(path);
  const Descriptor directory = change.open_folder(parts.folder);
  if (!directory) {
    return;
  }
  if (unlinkat(directory.get(), parts.file.c_str(), 0) != 0) {
    change.require(errno == ENOENT);
    return;
  }
  change.sync_directory(directory);
}

std::vector<std::string> PosixFileSystem::list(std::string_view folder) const {
  std::vector<std::string> names;
  if (!folder.empty() && !is_path_component(folder)) {
    return names;
  }
  const Change change(root_, "list " + root_ + "/" + std::string(folder));
  const Descriptor directory = change.open_folder(std::string(folder));
  if (!directory) {
    return names;
  }
  names = names_in(directory, change);
  std::erase_if(names, is_temporary);
  std::sort(names.begin(), names.end());
  return names;
}

std::optional<FileStamp> PosixFileSystem::stamp(std::string_view path) const {
  const auto parts = parse_path(path);
  if (!parts) {
    return std::nullopt;
  }
  Descriptor directory = open_trusted(root_);
  if (directory && !parts->folder.empty()) {
    directory = Descriptor(openat(directory.get(), parts->folder.c_str(),
                                  kOpenDirectory | O_NOFOLLOW));
  }
  struct stat status {};
  if (!directory ||
      fstatat(directory.get(), parts->file.c_str(), &status,
              AT_SYMLINK_NOFOLLOW) != 0 ||
      !S_ISREG(status.st_mode)) {
    return std::nullopt;
  }
  constexpr std::int64_t kNanosecondsPerSecond = 1'000'000'000;
  return FileStamp{std::int64_t{status.st_mtim.tv_sec} * kNanosecondsPerSecond +
                       status.st_mtim.tv_nsec,
                   static_cast<std::uint64_t>(status.st_size),
                   std::uint64_t{status.st_ino}};
}

std::unique_ptr<FileLock> PosixFileSystem::try_lock(std::string_view path) {
  const Change change(root_, "lock " + root_ + "/" + std::string(path));
  const Path parts = change.split_path(path);
  const Descriptor directory = change.make_folder(parts.folder);
  Descriptor file(
      openat(directory.get(), parts.file.c_str(),
             O_RDWR | O_CREAT | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC,
             kFileMode));
  change.require(static_cast<bool>(file));
  if (flock_(file.get(), LOCK_EX | LOCK_NB) != 0) {
    if (parts.folder.empty() && has_no_locks(errno)) {
      return without_flock_->try_lock(parts.file, words(errno));
    }
    change.require(errno == EWOULDBLOCK);
    return nullptr;
  }
  return std::make_unique<FlockedFile>(std::move(file));
}

void PosixFileSystem::remove_leftovers(std::string_view folder) try {
  const Change change(root_, "clean " + root_ + "/" + std::string(folder));
  const Descriptor directory = change.open_folder(std::string(folder));
  if (!directory) {
    return;
  }
  for (const std::string& name : names_in(directory, change)) {
    if (is_temporary(name)) {
      unlinkat(directory.get(), name.c_str(), 0);
    }
  }
} catch (const Error&) {
  // Whoever needs the folder says what is wrong with it.
}

std::unique_ptr<FolderWatch> PosixFileSystem::watch(
    const std::vector<std::string>& folders) const {
  std::vector<std::string> paths;
  for (const std::string& folder : folders) {
    paths.push_back(folder.empty() ? root_ : root_ + "/" + folder);
  }
  return watch_folders(std::move(paths));
}

}  // namespace acme
