// SPDX-License-Identifier: BSD-2-Clause
// Whether a state directory can be used, before it is.
#include "ngx_module/state_path_check.h"

#include <pwd.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <filesystem>

#include "ngx_module/ngx.h"

namespace ngx_acme {
namespace {

// By the mode bits alone; access lists may say otherwise, and may not.
bool may(const struct stat& file, WorkerUser user, mode_t permission) {
  if (user.user == 0) {
    return true;
  }
  if (file.st_uid == user.user) {
    return (file.st_mode & (permission << 6)) != 0;
  }
  if (file.st_gid == user.group) {
    return (file.st_mode & (permission << 3)) != 0;
  }
  return (file.st_mode & permission) != 0;
}

// Without the directive `user`, nginx takes the user that it was built with.
WorkerUser effective(WorkerUser user) {
  if (geteuid() != 0) {
    return {geteuid(), getegid()};
  }
  if (user.user != static_cast<uid_t>(NGX_CONF_UNSET_UINT)) {
    return user;
  }
  // One thread reads the configuration. NOLINTNEXTLINE(concurrency-mt-unsafe)
  const passwd* built_in = getpwnam(NGX_USER);
  return built_in == nullptr ? WorkerUser{0, 0}
                             : WorkerUser{built_in->pw_uid, built_in->pw_gid};
}

// The first folder above the path that the workers may not pass, or "".
std::string closed_parent(const std::filesystem::path& path, WorkerUser user) {
  std::filesystem::path parent;
  for (const std::filesystem::path& part : path.parent_path()) {
    parent /= part;
    struct stat folder {};
    if (stat(parent.c_str(), &folder) != 0) {
      return {};  // nginx complains about it itself
    }
    if (!may(folder, user, S_IXOTH)) {
      return parent;
    }
  }
  return {};
}

}  // namespace

std::string state_path_fault(const std::string& path, WorkerUser configured) {
  const WorkerUser user = effective(configured);
  if (const std::string parent = closed_parent(path, user); !parent.empty()) {
    return "cannot be reached by the worker user: \"" + parent +
           "\" is closed to it, use another path";
  }
  struct stat folder {};
  if (stat(path.c_str(), &folder) != 0) {
    return {};
  }
  if (!S_ISDIR(folder.st_mode)) {
    return "is no directory: use another path";
  }
  struct statvfs system {};
  if (statvfs(path.c_str(), &system) == 0 && (system.f_flag & ST_RDONLY) != 0) {
    return "is on a read-only file system: use another path";
  }
  // As root, nginx makes its paths the worker user's.
  if (geteuid() != 0 && !may(folder, user, S_IWOTH)) {
    return "is not writable by the worker user: give it to that user";
  }
  if ((folder.st_mode & (S_IRWXG | S_IRWXO)) != 0) {
    return "holds private keys and is open to other users: chmod 700 \"" +
           path + "\"";
  }
  return {};
}

}  // namespace ngx_acme
