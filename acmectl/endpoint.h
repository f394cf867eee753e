// SPDX-License-Identifier: BSD-2-Clause
// Where nginx's status endpoint is: as somebody says it, or as nginx's
// configuration has it.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "acmectl/nginx_conf.h"

namespace acmectl {

struct Endpoint {
  /// "http://localhost/acme/": what paths are relative to.
  std::string base_url;
  std::string unix_socket;      ///< to connect to; empty: none
  std::string connect_to;       ///< "127.0.0.1:80"; empty: as base_url says
  bool proxy_protocol = false;  ///< what its listener wants first
  bool is_writable = true;      ///< false: "write=on" is not there

  /// For people.
  [[nodiscard]] std::string describe() const;
};

/// "http://…", "https://…", "unix:PATH" or "unix:PATH:/prefix". Throws
/// Refusal(kUsage) for anything else, and for a URL with a password.
[[nodiscard]] Endpoint parse_server(std::string_view text);

/// Every location with acme_status that can be reached from this machine, the
/// best first: a socket in the file system, then loopback addresses, then
/// others; without TLS before with it.
[[nodiscard]] std::vector<Endpoint> find_endpoints(
    const std::vector<ConfDirective>& conf);

}  // namespace acmectl
