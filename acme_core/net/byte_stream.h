// SPDX-License-Identifier: BSD-2-Clause
// A connection to a server by TCP, with or without TLS, that never waits longer
// than it is told to.
#pragma once

#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "acme_core/crypto/tls_connection.h"
#include "acme_core/env/descriptor.h"
#include "acme_core/net/host_resolver.h"
#include "acme_core/net/io_wait.h"

namespace acme {

struct StreamTarget {
  std::string host;  ///< a name or a numeric address, without brackets
  std::string port;
  const TlsContext* tls = nullptr;  ///< nullptr: plain text
};

/// All throw Error(kUnavailable) when the server is not there, does not answer
/// in time, has closed the connection or cannot be trusted, and kStopped.
class ByteStream {
 public:
  /// The first of the host's addresses that answers.
  ByteStream(const StreamTarget& target, HostResolver& resolver,
             const IoWait& wait);

  /// All of it, or what the server takes before it closes the connection: what
  /// it says of that is read next.
  void write(std::string_view bytes, const IoWait& wait);
  /// At least one byte; how many.
  [[nodiscard]] std::size_t read(std::span<char> into, const IoWait& wait);

  /// The server has said nothing unasked, and has not closed the connection.
  [[nodiscard]] bool is_quiet() const noexcept;

 private:
  void shake_hands(const IoWait& wait);
  void flush(const IoWait& wait);
  void send_all(std::string_view bytes, const IoWait& wait) const;
  [[nodiscard]] std::size_t receive(std::span<char> into,
                                    const IoWait& wait) const;

  Descriptor socket_;
  std::unique_ptr<TlsConnection> tls_;  ///< nullptr: plain text
};

}  // namespace acme
