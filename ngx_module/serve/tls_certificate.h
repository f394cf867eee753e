// SPDX-License-Identifier: BSD-2-Clause
// Handshakes: each shows the newest certificates, without a reload.
#pragma once

#include <openssl/ssl.h>

#include <string_view>

#include "ngx_module/serve/tls_server.h"

namespace ngx_acme {

/// Makes `context` look for newer certificates at each handshake: one atomic
/// load each, unless there are some; and its sessions its own. `server`
/// outlives the context.
void attach_certificates(SSL_CTX* context, TlsServer& server);

/// The context, the server's own or one of ours, that has what clients who ask
/// for `name` are shown: with the newest certificates.
[[nodiscard]] SSL_CTX* context_with_newest(TlsServer& server, SSL_CTX* own,
                                           std::string_view name);

/// The client's own spelling, which may have capitals; empty: none.
[[nodiscard]] std::string_view requested_name(const SSL* ssl) noexcept;

/// The server whose certificates the context serves, or nullptr.
[[nodiscard]] TlsServer* tls_server_of(const SSL_CTX* context) noexcept;

}  // namespace ngx_acme
