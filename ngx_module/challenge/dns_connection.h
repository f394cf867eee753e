// SPDX-License-Identifier: BSD-2-Clause
// A resolver that asks over TCP (RFC 7766).
#pragma once

#include "ngx_module/nginx/ngx.h"

namespace ngx_acme {

/// nginx's handler of accepted connections, for sockets of a DnsListener. Each
/// query has its size before it. A connection ends when it is idle, has asked
/// its share, or sends what is no query; the oldest ends when there are many.
void on_dns_connection(ngx_connection_t* connection) noexcept;

}  // namespace ngx_acme
