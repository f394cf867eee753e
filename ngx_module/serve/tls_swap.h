// SPDX-License-Identifier: BSD-2-Clause
// From shared memory into a worker's SSL contexts.
#pragma once

#include <openssl/ssl.h>

#include "ngx_module/serve/tls_server.h"

namespace ngx_acme {

/// Has `context` and the part's own have the newest pairs of the zone, for all
/// later connections. Throws std::bad_alloc.
void swap_in_newer(SSL_CTX* context, const TlsServer& server, TlsPart& part);

/// True when `certificate` is one of those that were swapped in.
[[nodiscard]] bool is_ours(const TlsPart& part,
                           const X509* certificate) noexcept;

}  // namespace ngx_acme
