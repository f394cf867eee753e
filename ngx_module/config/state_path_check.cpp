// SPDX-License-Identifier: BSD-2-Clause
// Whether a state directory can be used, before it is.
#include "ngx_module/config/state_path_check.h"

#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <filesystem>

#include "ngx_module/nginx/ngx.h"

namespace ngx_acme {
namespace {

// The first folder above the path that the workers may not pass, or "".
std::string closed_parent(const std::filesystem::path& path,
                          const WorkerAccess& access) {
  std::filesystem::path parent;
  for (const std::filesystem::path& part : path.parent_path()) {
    parent /= part;
    struct stat folder {};
    if (stat(parent.c_str(), &folder) != 0) {
      return {};  // nginx complains about it itself
    }
    if (!access.may(folder, S_IXOTH)) {
      return parent;
    }
  }
  return {};
}

}  // namespace

std::string state_path_fault(const std::string& path, WorkerUser configured) {
  const WorkerAccess access(configured);
  if (const std::string parent = closed_parent(path, access); !parent.empty()) {
    return "cannot be reached by the worker user: \"" + parent +
           "\" is closed to it, use another path";
  }
  struct stat folder {};
  if (stat(path.c_str(), &folder) != 0) {
    return {};
  }
  struct statvfs system {};
  if (statvfs(path.c_str(), &system) == 0 && (system.f_flag & ST_RDONLY) != 0) {
    return "is on a read-only file system: use another path";
  }
  // As root, nginx makes its paths the worker user's.
  if (geteuid() != 0 && !access.may(folder, S_IWOTH | S_IXOTH)) {
    return "is not writable by the worker user: give it to that user";
  }
  // A volume that a container has by its group alone (Kubernetes' fsGroup) is
  // open to that group, and not ours to close.
  const mode_t open_to = geteuid() != 0 && folder.st_uid != geteuid()
                             ? S_IRWXO
                             : S_IRWXG | S_IRWXO;
  if ((folder.st_mode & open_to) != 0) {
    return "holds private keys and is open to other users: chmod 700 \"" +
           path + "\"";
  }
  return {};
}

}  // namespace ngx_acme
