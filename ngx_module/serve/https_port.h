// SPDX-License-Identifier: BSD-2-Clause
// The port at which a browser finds a server.
#pragma once

#include <netinet/in.h>

namespace ngx_acme {

/// How well a browser that follows a link finds a port.
enum class PortRank {
  kUsual,  ///< 443
  /// A socket that only proxies reach: they have a port of their own, most
  /// likely 443.
  kBehindProxy,
  kOther,
  kNone,  ///< QUIC alone: browsers begin with TCP
};

struct HttpsPort {
  PortRank rank = PortRank::kNone;
  in_port_t number = 443;  ///< as a link has it
};

}  // namespace ngx_acme
