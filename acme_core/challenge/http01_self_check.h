// SPDX-License-Identifier: BSD-2-Clause
// Our own look at our own listeners, before the CA looks: what fails here
// would fail there too, and costs no rate limit.
#pragma once

#include <cstdint>
#include <stop_token>
#include <string>
#include <vector>

#include "acme_core/identifier.h"
#include "acme_core/net/http_client.h"

namespace acme {

/// Where the server listens for plain HTTP.
struct ListenAddress {
  std::string host;  ///< numeric; loopback where it listens on every address
  std::uint16_t port = 0;
  /// The path of a socket in the file system, which has neither of the above.
  std::string unix_socket = {};
  bool proxy_protocol = false;  ///< connections begin with a PROXY header

  bool operator==(const ListenAddress&) const = default;
};

/// Thread-safe.
class Http01SelfCheck {
 public:
  /// `http` speaks plain HTTP and outlives the check.
  Http01SelfCheck(HttpClient& http, std::vector<ListenAddress> listeners);

  /// Fetches the token's answer as a CA does (RFC 8555 section 8.3), but from
  /// our listeners: one of them has to give it. Returns why none did, or "";
  /// also "" when some socket of the file system is closed to this process, so
  /// that what it would have answered is not known. Throws Error(kStopped).
  [[nodiscard]] std::string fault(const Identifier& identifier,
                                  const std::string& token,
                                  const std::string& key_authorization,
                                  std::stop_token stop) const;

 private:
  HttpClient& http_;
  const std::vector<ListenAddress> listeners_;
};

}  // namespace acme
