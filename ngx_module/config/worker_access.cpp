// SPDX-License-Identifier: BSD-2-Clause
// What nginx's workers, and with them the helper, may do with a file.
#include "ngx_module/config/worker_access.h"

#include <grp.h>
#include <pwd.h>
#include <unistd.h>

#include <algorithm>

namespace ngx_acme {
namespace {

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

// Without root's rights nginx keeps its own groups: a container's volume may
// belong to one of these. With them, workers get those of the user.
std::vector<gid_t> groups_of(WorkerUser user) {
  std::vector<gid_t> groups(65'536);
  int count = static_cast<int>(groups.size());
  if (geteuid() != 0) {
    count = getgroups(count, groups.data());
  } else {
    // NOLINTNEXTLINE(concurrency-mt-unsafe): as above.
    const passwd* entry = getpwuid(user.user);
    if (entry == nullptr ||
        getgrouplist(entry->pw_name, user.group, groups.data(), &count) < 0) {
      count = 0;
    }
  }
  groups.resize(static_cast<std::size_t>(std::max(count, 0)));
  groups.push_back(user.group);
  return groups;
}

}  // namespace

WorkerUser configured_worker_user(const ngx_conf_t* cf) {
  const auto& core = *reinterpret_cast<const ngx_core_conf_t*>(
      ngx_get_conf(cf->cycle->conf_ctx, ngx_core_module));
  return core.master == 0 ? WorkerUser{geteuid(), getegid()}
                          : WorkerUser{core.user, core.group};
}

WorkerAccess::WorkerAccess(WorkerUser configured)
    : user_(effective(configured)), groups_(groups_of(user_)) {}

bool WorkerAccess::may(const struct stat& file, mode_t permission) const {
  if (user_.user == 0) {
    return true;
  }
  if (file.st_uid == user_.user) {
    return (file.st_mode & (permission << 6)) == (permission << 6);
  }
  if (std::find(groups_.begin(), groups_.end(), file.st_gid) != groups_.end()) {
    return (file.st_mode & (permission << 3)) == (permission << 3);
  }
  return (file.st_mode & permission) == permission;
}

}  // namespace ngx_acme
