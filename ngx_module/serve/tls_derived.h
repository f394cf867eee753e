// SPDX-License-Identifier: BSD-2-Clause
// What OpenSSL and nginx derive from certificates when they load them, derived
// again when a certificate is swapped.
//
// Compressed chains (RFC 8879): OpenSSL keeps them beside a certificate, leaves
//   them there when another takes its place, and would send the old chain with
//   the new key's signature. Done here.
// The choice between certificates, ciphers and signature algorithms: made by
//   OpenSSL at each handshake, from what the connection has then. Which keys
//   can be served at all is in tls_key_fit.h.
// OCSP responses: nginx finds them by the certificate that is shown; an old one
//   never goes out with a new certificate.
// Session id contexts: nginx makes them from certificate files, for servers
//   without any tls_certificate.cpp makes them from names. Neither changes with
//   a swap, so that sessions go on.
#pragma once

#include <openssl/ssl.h>

#include <cstddef>
#include <cstdint>
#include <vector>

namespace ngx_acme {

/// One certificate's chain, compressed.
struct CompressedForm {
  int algorithm = 0;
  std::size_t original_size = 0;
  std::vector<std::uint8_t> bytes;
};

/// For connections that are given a certificate by itself. Empty: there are
/// none, or none is smaller.
using CompressedForms = std::vector<CompressedForm>;

/// Derives again what `context` has of its certificates, the current one of
/// which is new; returns what connections in progress need of that.
/// `compresses`: with `ssl_certificate_compression on`. Throws std::bad_alloc.
[[nodiscard]] CompressedForms renew_derived(SSL_CTX* context, bool compresses);

/// Gives a connection what renew_derived() returned for the certificate that it
/// was given last; it had none before.
void hand_over_derived(SSL* ssl, const CompressedForms& forms);

}  // namespace ngx_acme
