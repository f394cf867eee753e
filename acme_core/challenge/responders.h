// SPDX-License-Identifier: BSD-2-Clause
// Those who answer CAs in this server's name.
#pragma once

#include "acme_core/challenge/dns_listen.h"
#include "acme_core/challenge/http01.h"
#include "acme_core/challenge/tls_alpn01.h"

namespace acme {

/// All outlive whoever has them.
struct Responders {
  Http01Responder& http;
  TlsAlpn01Responder& tls_alpn;
  Dns01Responder& dns;
};

}  // namespace acme
