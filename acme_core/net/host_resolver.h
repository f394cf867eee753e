// SPDX-License-Identifier: BSD-2-Clause
// Addresses of hosts, from DNS servers of the operator's choice or those of
// the system.
#pragma once

#include <chrono>
#include <map>
#include <mutex>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

#include "acme_core/env/clock.h"

namespace acme {

struct DnsServers {
  /// "192.0.2.53:53", "[2001:db8::53]:53"; empty: the system's, with its hosts
  /// file and its search list.
  std::vector<std::string> servers;
  bool ipv4 = true;  ///< A records are asked for
  bool ipv6 = true;  ///< AAAA records likewise
  /// For a whole lookup, at all servers.
  std::chrono::milliseconds timeout{30'000};
  /// How long answers are kept; nullopt: as long as they say.
  std::optional<std::chrono::seconds> valid = std::nullopt;
};

/// Asks servers that were named alone: no hosts file, no search list. Answers
/// are kept as long as they are valid, and longer while no server gives
/// another. Thread-safe.
class HostResolver {
 public:
  /// `clock` says how old answers are, and outlives the resolver.
  HostResolver(DnsServers servers, const Clock& clock);

  /// Numeric addresses of the host, in the servers' order; the host itself when
  /// it is one. Asks no longer than `longest`, either. Throws Error:
  /// kUnavailable when there is none, kStopped.
  [[nodiscard]] std::vector<std::string> lookup(
      const std::string& host, std::stop_token stop,
      std::chrono::milliseconds longest = std::chrono::milliseconds::max());

 private:
  struct Answer {
    std::vector<std::string> addresses;
    SteadyPoint valid_until;
  };

  [[nodiscard]] Answer ask(const std::string& host, const std::stop_token& stop,
                           std::chrono::milliseconds longest) const;

  const DnsServers servers_;
  const Clock& clock_;
  std::mutex mutex_;  ///< guards what follows
  std::map<std::string, Answer> known_;
};

}  // namespace acme
