// SPDX-License-Identifier: BSD-2-Clause
// What there is to show, as the configuration has it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "acme_core/engine/plan.h"
#include "acme_core/status/model.h"
#include "ngx_module/shared/certificate_zone.h"
#include "ngx_module/shared/status_zone.h"

namespace ngx_acme {

/// A certificate of the operator's own.
struct StaticSource {
  acme::CertificateStatus status;
  /// Some server that is not managed has it.
  bool is_kept = false;
  /// Those of the plan, by index, that take its place where it is not kept.
  std::vector<std::size_t> replaced_by;
};

/// Complete when workers start.
struct StatusSources {
  explicit StatusSources(const acme::Plan& configured) : plan(configured) {}

  const acme::Plan& plan;
  // Null when nothing is managed.
  const CertificateZone* certificates = nullptr;
  StatusZone* zone = nullptr;
  /// By certificate of the plan: the servers that have it.
  std::vector<std::vector<acme::ServerPlace>> places;
  std::vector<StaticSource> statics;
  std::string version;  ///< of the module
  std::string nginx_version;
  std::string openssl_version;
  /// Differs from one configuration to the next.
  std::uint64_t epoch = 0;
};

}  // namespace ngx_acme
