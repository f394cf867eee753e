// SPDX-License-Identifier: BSD-2-Clause
// TLS as a client, without a socket: bytes of the wire go in and out, and
// whoever owns the socket waits.
#pragma once

#include <span>
#include <string>
#include <string_view>

#include "acme_core/crypto/openssl.h"
#include "acme_core/secret.h"

namespace acme {

struct TlsSettings {
  std::string trusted_certificates;  ///< PEM; empty: the system's store
  std::string client_certificate;    ///< PEM chain, leaf first; empty: none
  SecretBytes client_key;            ///< of it, in PEM
};

/// What connections have in common. Thread-safe; outlives them.
class TlsContext {
 public:
  /// Throws Error(kConfiguration) when the settings cannot be used.
  explicit TlsContext(const TlsSettings& settings);

  /// Borrowed; for TlsConnection.
  [[nodiscard]] SSL_CTX* get() const noexcept { return context_.get(); }

 private:
  SslCtxPtr context_;
};

/// TLS 1.2 or later. The server's certificate must be trusted and name `host`,
/// a DNS name or an IP address. All throw Error(kUnavailable) when that or
/// anything else is wrong, and kPermanent when the server refuses our own
/// certificate, or wants one.
class TlsConnection {
 public:
  TlsConnection(const TlsContext& context, const std::string& host);

  /// Bytes from the wire.
  void feed(std::span<const char> bytes);
  /// Bytes for the wire: to be sent after every other call.
  [[nodiscard]] std::string take_output();

  /// True when it is done; else it needs bytes from the wire.
  [[nodiscard]] bool shake_hands();
  void write(std::string_view text);
  /// How many bytes there were; 0: it needs bytes from the wire.
  [[nodiscard]] std::size_t read(std::span<char> into);

 private:
  using SslPtr = std::unique_ptr<SSL, OpensslDeleter<SSL_free>>;

  // Returns when it only needs more from the wire.
  void require_patience(int result) const;

  SslPtr tls_;
  BIO* incoming_ = nullptr;  ///< both are the SSL's
  BIO* outgoing_ = nullptr;
};

}  // namespace acme
