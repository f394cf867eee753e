// SPDX-License-Identifier: BSD-2-Clause
// Finds the server that takes writes: one of those that are named, or the one
// that Sentinel has made the master
// (https://redis.io/docs/latest/develop/reference/sentinel-clients/).
#pragma once

#include <atomic>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "acme_core/env/clock.h"
#include "acme_core/fleet/redis_connection.h"
#include "acme_core/fleet/redis_options.h"
#include "acme_core/net/host_resolver.h"

namespace acme {

/// Logged in; of kind "master".
struct RedisNode {
  std::unique_ptr<RedisConnection> connection;
  std::string run_id;  ///< of the server's process
};

/// Thread-safe. Asks anew for every connection: what was true before a failure
/// may not be any more.
class RedisNodes {
 public:
  /// Throws Error(kConfiguration). `options` outlive it.
  explicit RedisNodes(const RedisOptions& options);

  /// Throws Error: kUnavailable when none of them takes writes, kPermanent when
  /// all refuse us, kStopped.
  [[nodiscard]] RedisNode connect(const IoWait& wait);

 private:
  [[nodiscard]] std::unique_ptr<RedisConnection> open(
      const RedisAddress& address, const IoWait& wait);
  [[nodiscard]] RedisNode open_master(const RedisAddress& address,
                                      const IoWait& wait);
  [[nodiscard]] RedisAddress ask_sentinel(const RedisAddress& sentinel,
                                          const IoWait& wait);

  const RedisOptions& options_;
  std::vector<RedisAddress> addresses_;
  std::optional<TlsContext> tls_;
  SystemClock clock_;
  HostResolver resolver_;
  std::atomic<std::size_t> first_{0};  ///< which one has been right last
};

}  // namespace acme
