// SPDX-License-Identifier: BSD-2-Clause
// The folder of another ACME client, read below one descriptor.
#include "acmectl/import/foreign_folder.h"

#include <dirent.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdlib>
#include <memory>
#include <system_error>

#include "acme_core/env/ownership.h"
#include "acme_core/error.h"

namespace acmectl {
namespace {

constexpr std::size_t kLargestFile = std::size_t{1} << 20;

struct CloseDirectory {
  void operator()(DIR* directory) const noexcept { closedir(directory); }
};

std::string words(int error) { return std::system_category().message(error); }

std::string words_of_opening(int error) {
  switch (error) {
    case EXDEV:
      return "is a symbolic link that leads out of the folder";
    case ELOOP:
      return "is a symbolic link that leads nowhere";
    case ENXIO:
      return "is not a regular file";
    default:
      return "cannot be read: " + words(error);
  }
}

// Where there is no openat2(): whether the path, with all links followed, is
// still below the root.
bool is_below(const acme::Descriptor& root, const std::string& path) {
  const std::string at = "/proc/self/fd/" + std::to_string(root.get()) + "/";
  const std::unique_ptr<char, void (*)(void*)> top(
      realpath(at.c_str(), nullptr), std::free);
  const std::unique_ptr<char, void (*)(void*)> place(
      realpath((at + path).c_str(), nullptr), std::free);
  if (!top || !place) {
    return false;
  }
  const std::string folder = std::string(top.get()) + "/";
  return std::string(place.get()).starts_with(folder);
}

ForeignFile fault(std::string words, bool is_missing = false) {
  return {.data = {}, .fault = std::move(words), .is_missing = is_missing};
}

ForeignFile read_all(const acme::Descriptor& file) {
  ForeignFile found;
  std::array<std::uint8_t, 16384> part{};
  for (;;) {
    const ssize_t count = ::read(file.get(), part.data(), part.size());
    if (count < 0 && errno == EINTR) {
      continue;
    }
    if (count <= 0) {
      const int error = errno;
      acme::wipe(part.data(), part.size());
      return count == 0 ? std::move(found)
                        : fault("cannot be read: " + words(error));
    }
    found.data.insert(found.data.end(), part.begin(), part.begin() + count);
    if (found.data.size() > kLargestFile) {
      acme::wipe(part.data(), part.size());
      return fault("is larger than 1 MiB");
    }
  }
}

}  // namespace

ForeignFolder::ForeignFolder(const std::string& path)
    : path_(path),
      root_(open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC)) {
  struct stat status {};
  if (!root_ || fstat(root_.get(), &status) != 0) {
    throw acme::Error(acme::ErrorKind::kConfiguration,
                      "\"" + path + "\" cannot be opened: " + words(errno));
  }
  owner_ = status.st_uid;
  while (path_.size() > 1 && path_.ends_with('/')) {
    path_.pop_back();
  }
}

acme::Descriptor ForeignFolder::open_below(const std::string& path,
                                           std::uint64_t flags) const {
  const std::string relative = path.empty() ? "." : path;
  open_how how{};
  // O_NONBLOCK: opening a FIFO must not wait for its other end. openat2() takes
  // no flags that make no sense together.
  how.flags =
      flags | O_CLOEXEC | ((flags & O_PATH) == 0 ? O_NONBLOCK | O_NOCTTY : 0);
  how.resolve = RESOLVE_BENEATH | RESOLVE_NO_MAGICLINKS;
  acme::Descriptor found(static_cast<int>(
      syscall(SYS_openat2, root_.get(), relative.c_str(), &how, sizeof(how))));
  if (found || (errno != ENOSYS && errno != EPERM)) {
    return found;
  }
  if (relative != "." && !is_below(root_, relative)) {
    errno = errno == ENOENT ? ENOENT : EXDEV;
    return acme::Descriptor();
  }
  return acme::Descriptor(
      openat(root_.get(), relative.c_str(), static_cast<int>(how.flags)));
}

ForeignFile ForeignFolder::read(const std::string& path) const {
  const acme::Descriptor file = open_below(path, O_RDONLY);
  if (!file) {
    return errno == ENOENT ? fault("is missing", true)
                           : fault(words_of_opening(errno));
  }
  struct stat status {};
  if (fstat(file.get(), &status) != 0) {
    return fault("cannot be read: " + words(errno));
  }
  if (!S_ISREG(status.st_mode)) {
    return fault("is not a regular file");
  }
  if (status.st_uid != 0 && status.st_uid != geteuid() &&
      status.st_uid != owner_) {
    return fault("belongs to \"" + acme::user_name(status.st_uid) +
                 "\", who is neither root nor the folder's owner");
  }
  return read_all(file);
}

mode_t ForeignFolder::kind_of(const std::string& path) const {
  const acme::Descriptor place = open_below(path, O_PATH);
  struct stat status {};
  return place && fstat(place.get(), &status) == 0 ? status.st_mode & S_IFMT
                                                   : 0;
}

bool ForeignFolder::has_folder(const std::string& path) const {
  return kind_of(path) == S_IFDIR;
}

bool ForeignFolder::has_file(const std::string& path) const {
  return kind_of(path) == S_IFREG;
}

std::vector<std::string> ForeignFolder::list(const std::string& path,
                                             mode_t kind) const {
  std::vector<std::string> names;
  const acme::Descriptor folder = open_below(path, O_RDONLY | O_DIRECTORY);
  // The stream closes the descriptor that it is given.
  const std::unique_ptr<DIR, CloseDirectory> entries(
      folder ? fdopendir(fcntl(folder.get(), F_DUPFD_CLOEXEC, 0)) : nullptr);
  if (!entries) {
    return names;
  }
  // NOLINTNEXTLINE(concurrency-mt-unsafe): the stream is ours alone.
  while (const dirent* entry = readdir(entries.get())) {
    const std::string name(&entry->d_name[0]);
    if (name != "." && name != ".." &&
        kind_of(path.empty() ? name : path + "/" + name) == kind) {
      names.push_back(name);
    }
  }
  std::sort(names.begin(), names.end());
  return names;
}

std::vector<std::string> ForeignFolder::folders(const std::string& path) const {
  return list(path, S_IFDIR);
}

std::vector<std::string> ForeignFolder::files(const std::string& path) const {
  return list(path, S_IFREG);
}

}  // namespace acmectl
