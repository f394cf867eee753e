// SPDX-License-Identifier: BSD-2-Clause
// Differences between OpenSSL versions, as named capabilities. The only file of
// the library that looks at OpenSSL's version.
#pragma once

#include <openssl/opensslv.h>
#include <openssl/ssl.h>

#include <array>
#include <cstddef>

namespace acme {

/// Certificates are compressed when they are loaded, and sent so to clients
/// that offer it (RFC 8879), since OpenSSL 3.2.
#if OPENSSL_VERSION_NUMBER >= 0x30200000L && !defined(OPENSSL_NO_COMP_ALG)
inline constexpr bool kHasCertificateCompression = true;

inline constexpr std::array kCompressionAlgorithms{
    TLSEXT_comp_cert_zlib, TLSEXT_comp_cert_brotli, TLSEXT_comp_cert_zstd};

/// Compresses all certificates of the context. False when none has become
/// smaller, or some have not been looked at.
[[nodiscard]] inline bool compress_certificates(SSL_CTX* context) noexcept {
  return SSL_CTX_compress_certs(context, 0) == 1;
}
/// A compressed form of the current certificate: its size, 0 for none. The
/// caller frees `bytes` by OPENSSL_free.
[[nodiscard]] inline std::size_t compressed_form(
    SSL_CTX* context, int algorithm, unsigned char** bytes,
    std::size_t* original_size) noexcept {
  return SSL_CTX_get1_compressed_cert(context, algorithm, bytes, original_size);
}
[[nodiscard]] inline bool set_compressed_form(
    SSL* ssl, int algorithm, unsigned char* bytes, std::size_t size,
    std::size_t original_size) noexcept {
  return SSL_set1_compressed_cert(ssl, algorithm, bytes, size, original_size) ==
         1;
}
inline void allow_compressed_certificates(SSL_CTX* context,
                                          bool allowed) noexcept {
  if (allowed) {
    SSL_CTX_clear_options(context, SSL_OP_NO_TX_CERTIFICATE_COMPRESSION);
  } else {
    SSL_CTX_set_options(context, SSL_OP_NO_TX_CERTIFICATE_COMPRESSION);
  }
}
#else
inline constexpr bool kHasCertificateCompression = false;

inline constexpr std::array<int, 0> kCompressionAlgorithms{};

[[nodiscard]] inline bool compress_certificates(SSL_CTX* /*context*/) noexcept {
  return false;
}
[[nodiscard]] inline std::size_t compressed_form(
    SSL_CTX* /*context*/, int /*algorithm*/, unsigned char** /*bytes*/,
    std::size_t* /*original_size*/) noexcept {
  return 0;
}
[[nodiscard]] inline bool set_compressed_form(
    SSL* /*ssl*/, int /*algorithm*/, unsigned char* /*bytes*/,
    std::size_t /*size*/, std::size_t /*original_size*/) noexcept {
  return false;
}
inline void allow_compressed_certificates(SSL_CTX* /*context*/,
                                          bool /*allowed*/) noexcept {}
#endif

}  // namespace acme
