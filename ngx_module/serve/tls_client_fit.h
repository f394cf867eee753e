// SPDX-License-Identifier: BSD-2-Clause
// What the client of a connection can use.
#pragma once

#include <openssl/ssl.h>

namespace ngx_acme {

/// In a certificate callback: true when the client can use the certificate,
/// with the signatures, groups and ciphers that it and the server have.
[[nodiscard]] bool is_usable_by_client(SSL* ssl, X509* certificate);

}  // namespace ngx_acme
