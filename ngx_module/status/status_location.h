// SPDX-License-Identifier: BSD-2-Clause
// A location that answers what the status is.
#pragma once

#include <memory>
#include <string>

#include "ngx_module/nginx/ngx.h"
#include "ngx_module/status/snapshot_keeper.h"
#include "ngx_module/status/status_sources.h"

namespace ngx_acme {

/// What all such locations of a configuration share.
struct StatusService {
  explicit StatusService(const acme::Plan& plan)
      : sources(plan), snapshots(sources) {}

  StatusSources sources;
  SnapshotKeeper snapshots;
};

/// Each location of the configuration has one.
struct StatusLocation {
  bool is_set = false;       ///< acme_status
  bool is_writable = false;  ///< write=on
  std::string base;          ///< its prefix with a slash at the end
  /// Complete when workers start.
  StatusService* service = nullptr;
};

[[nodiscard]] inline StatusLocation& status_location(
    void* const* loc_conf) noexcept {
  return *static_cast<StatusLocation*>(
      loc_conf[ngx_http_acme_module.ctx_index]);
}

}  // namespace ngx_acme
