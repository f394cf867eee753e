// SPDX-License-Identifier: BSD-2-Clause
// Walking a path component by component, each relative to a descriptor that is
// open already: nothing is looked up twice.
#include "acme_core/env/trusted_path.h"

#include <fcntl.h>
#include <linux/openat2.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <string_view>
#include <utility>

namespace acme {
namespace {

constexpr int kDirectory = O_RDONLY | O_DIRECTORY | O_CLOEXEC;
constexpr int kPlace = O_PATH | O_DIRECTORY | O_CLOEXEC;

// Whether root alone can have put the link into the directory.
bool is_roots(const Descriptor& directory, const std::string& link) {
  struct stat place {};
  struct stat entry {};
  if (fstat(directory.get(), &place) != 0 ||
      fstatat(directory.get(), link.c_str(), &entry, AT_SYMLINK_NOFOLLOW) !=
          0) {
    return false;
  }
  const bool others_write =
      (place.st_mode & S_IWOTH) != 0 ||
      ((place.st_mode & S_IWGRP) != 0 && place.st_gid != 0);
  return entry.st_uid == 0 && place.st_uid == 0 &&
         (!others_write || (place.st_mode & S_ISVTX) != 0);
}

bool is_link(const Descriptor& directory, const std::string& name) {
  struct stat entry {};
  return fstatat(directory.get(), name.c_str(), &entry, AT_SYMLINK_NOFOLLOW) ==
             0 &&
         S_ISLNK(entry.st_mode);
}

struct Walk {
  Descriptor end;         ///< empty, with errno, where it could not go on
  std::string untrusted;  ///< the link that stopped it, or ""
};

Walk walk(const std::string& path) {
  Walk way{Descriptor(open(path.starts_with('/') ? "/" : ".", kPlace)), {}};
  std::string_view rest = path;
  while (way.end && !rest.empty()) {
    const std::string name(rest.substr(0, rest.find('/')));
    rest.remove_prefix(std::min(name.size() + 1, rest.size()));
    if (name.empty()) {
      continue;
    }
    const bool is_last = rest.find_first_not_of('/') == std::string_view::npos;
    const int flags = is_last ? kDirectory : kPlace;
    Descriptor next(openat(way.end.get(), name.c_str(), flags | O_NOFOLLOW));
    if (!next && is_link(way.end, name)) {
      if (!is_roots(way.end, name)) {
        way.untrusted = path.substr(0, path.size() - rest.size());
        while (way.untrusted.ends_with('/')) {
          way.untrusted.pop_back();
        }
        way.end = Descriptor();
        errno = ELOOP;
        return way;
      }
      next = Descriptor(openat(way.end.get(), name.c_str(), flags));
    }
    const int error = errno;
    way.end = std::move(next);
    errno = error;
  }
  return way;
}

// In one step: tens of thousands of files are opened at a start. Empty when
// there is a link, and where the kernel or a sandbox does not have the call.
Descriptor open_without_links(const std::string& path) {
  open_how how{};
  how.flags = kDirectory;
  how.resolve = RESOLVE_NO_SYMLINKS;
  return Descriptor(static_cast<int>(
      syscall(SYS_openat2, AT_FDCWD, path.c_str(), &how, sizeof(how))));
}

}  // namespace

Descriptor open_trusted(const std::string& path) {
  // Whoever is not root opens nothing that the path's owner could not.
  if (geteuid() != 0) {
    return Descriptor(open(path.c_str(), kDirectory));
  }
  Descriptor found = open_without_links(path);
  return found ? std::move(found) : walk(path).end;
}

std::string untrusted_link(const std::string& path) {
  return walk(path).untrusted;
}

}  // namespace acme
