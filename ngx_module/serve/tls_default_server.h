// SPDX-License-Identifier: BSD-2-Clause
// What nginx would have shown without us: a server without a certificate leaves
// the handshake to the default server of the address.
#pragma once

#include <openssl/ssl.h>

#include <string_view>

namespace ngx_acme {

/// During a handshake: the context that has a certificate for `name` where the
/// connection's address has its default server; nullptr: there is none.
[[nodiscard]] SSL_CTX* default_server_certificate_for(SSL* ssl,
                                                      std::string_view name);

/// Has the connection show those certificates of `context` that are for `name`,
/// and nothing else. False when OpenSSL refuses.
[[nodiscard]] bool show_certificates_of(SSL* ssl, SSL_CTX* context,
                                        std::string_view name);

}  // namespace ngx_acme
