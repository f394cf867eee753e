// SPDX-License-Identifier: BSD-2-Clause
// What nginx's workers, and with them the helper, may do with a file.
#pragma once

#include <sys/stat.h>
#include <sys/types.h>

#include <vector>

#include "ngx_module/nginx/ngx.h"

namespace ngx_acme {

/// Whom they run as; nginx's "unset" without the directive `user`.
struct WorkerUser {
  uid_t user;
  gid_t group;
};

/// By the directives `user` and `master_process`: without a master process, the
/// one process stays who started it.
[[nodiscard]] WorkerUser configured_worker_user(const ngx_conf_t* cf);

/// By the mode bits alone; access lists may say otherwise, and may not.
class WorkerAccess {
 public:
  explicit WorkerAccess(WorkerUser configured);

  /// `permission` is that of others: S_IROTH, S_IWOTH, S_IXOTH.
  [[nodiscard]] bool may(const struct stat& file, mode_t permission) const;
  [[nodiscard]] WorkerUser user() const noexcept { return user_; }

 private:
  WorkerUser user_;
  std::vector<gid_t> groups_;  ///< supplementary ones, too
};

}  // namespace ngx_acme
