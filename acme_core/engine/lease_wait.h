// SPDX-License-Identifier: BSD-2-Clause
// An issuer whose state another process has the lease of: an old binary or
// configuration that is about to leave, or another nginx.
#pragma once

#include <chrono>
#include <cstddef>
#include <optional>
#include <set>
#include <stop_token>
#include <string>
#include <vector>

#include "acme_core/engine/engine_parts.h"

namespace acme {

/// Waits for the lease, and serves what its holder obtains meanwhile. Used by
/// one thread.
class LeaseWait {
 public:
  /// `parts` outlives the wait.
  LeaseWait(const EngineParts& parts, std::size_t issuer)
      : parts_(parts), issuer_(issuer), session_(*parts.sessions[issuer]) {}

  /// Returns when the lease is ours. Throws Error(kStopped) on a stop request.
  void run(const std::stop_token& stop);

 private:
  enum class Following { kMissing, kAll };

  void follow_certificates(Following following);
  void say_what_nobody_orders();
  void note_followed();

  const EngineParts& parts_;
  const std::size_t issuer_;
  IssuerSession& session_;
};

/// For whoever waits for us: what the holder of the lease works for.
void say_what_is_held(const EngineParts& parts, std::size_t issuer);

}  // namespace acme
