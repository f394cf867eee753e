// SPDX-License-Identifier: BSD-2-Clause
// Who a URL of the configuration is about.
#pragma once

#include <string_view>

namespace ngx_acme {

/// What stands between "://", which the URL has, and the path: host and port.
[[nodiscard]] inline std::string_view authority_of(std::string_view url) {
  const std::string_view rest = url.substr(url.find("://") + 3);
  return rest.substr(0, rest.find_first_of("/?#"));
}

[[nodiscard]] inline std::string_view host_in(std::string_view authority) {
  return authority.starts_with('[')
             ? authority.substr(0, authority.find(']') + 1)
             : authority.substr(0, authority.find(':'));
}

/// Whether it stays on this machine.
[[nodiscard]] inline bool is_loopback(std::string_view authority) {
  const std::string_view host = host_in(authority);
  return host == "localhost" || host == "[::1]" || host.starts_with("127.");
}

}  // namespace ngx_acme
