// SPDX-License-Identifier: BSD-2-Clause
// Where the nodes of a fleet keep what they share: plain data, made from the
// configuration.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "acme_core/fleet/fleet_node.h"
#include "acme_core/fleet/shared_tree.h"
#include "acme_core/secret.h"

namespace acme {

struct StorageSpec {
  enum class Kind { kEtcd, kRedis };
  Kind kind = Kind::kEtcd;
  std::vector<std::string> urls;
  std::string prefix;  ///< of every key
  std::string user;    ///< empty: none, or the default one
  SecretBytes password;
  std::string trusted_certificates;  ///< PEM; empty: the system's
  std::string client_certificate;    ///< PEM; empty: none
  SecretBytes client_key;
  std::string sentinel_master;  ///< not empty: the URLs are Sentinels
  SecretBytes sentinel_password;
  /// This process as a node, with the keys that encrypt what is kept.
  FleetSettings node;
};

/// Whether this build can.
[[nodiscard]] bool can_use(StorageSpec::Kind kind) noexcept;

/// Connects with the first request. Throws Error(kConfiguration) for what
/// cannot be used.
[[nodiscard]] std::unique_ptr<SharedTree> open_tree(const StorageSpec& storage);

}  // namespace acme
