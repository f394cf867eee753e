// SPDX-License-Identifier: BSD-2-Clause
// Where a fleet's Redis or Valkey is, and what it wants to see of us.
#pragma once

#include <chrono>
#include <string>
#include <vector>

#include "acme_core/secret.h"

namespace acme {

struct RedisOptions {
  /// "redis://host[:port][/database]", "rediss://" with TLS: the server and its
  /// replicas, of which the one is used that takes writes; or Sentinels.
  std::vector<std::string> urls;
  /// Not empty: `urls` are Sentinels (port 26379 by default), asked for the
  /// address of this master. It is reached with TLS where they are, and has
  /// their database.
  std::string sentinel_master;
  std::string prefix;  ///< of all keys, such as "ngx-acme:"
  std::string user;    ///< of the ACL; empty: the default one
  SecretBytes password;
  SecretBytes sentinel_password;
  std::string trusted_certificates;  ///< PEM; empty: the system's store
  std::string client_certificate;    ///< PEM chain; empty: none
  SecretBytes client_key;            ///< of it, in PEM
  /// For each request, finding and reaching the server included.
  std::chrono::milliseconds timeout{3'000};
  /// How often a node that waits looks for sessions that have lapsed, and for
  /// the server itself.
  std::chrono::milliseconds lapse_interval{5'000};
  /// After a write, so many replicas are waited for, for a moment; 0: none.
  int wait_replicas = 0;
};

struct RedisAddress {
  bool has_tls = false;
  std::string host;  ///< without brackets
  std::string port;
  std::string database;  ///< a number; empty: 0

  /// For messages.
  [[nodiscard]] std::string url() const;
};

/// Throws Error(kConfiguration) for what is no such URL; never repeats user and
/// password, which do not belong there.
[[nodiscard]] RedisAddress parse_redis_url(const std::string& url,
                                           const std::string& default_port);

}  // namespace acme
