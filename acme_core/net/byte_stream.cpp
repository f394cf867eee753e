// SPDX-License-Identifier: BSD-2-Clause
// Non-blocking sockets, with TLS between them and who reads and writes.
#include "acme_core/net/byte_stream.h"

#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include <array>
#include <cerrno>
#include <optional>
#include <system_error>
#include <vector>

#include "acme_core/error.h"

namespace acme {
namespace {

// The largest record of TLS.
using StreamPiece = std::array<char, std::size_t{16} * 1024>;

struct FreeStreamAddress {
  void operator()(addrinfo* list) const noexcept { freeaddrinfo(list); }
};
using StreamAddressPtr = std::unique_ptr<addrinfo, FreeStreamAddress>;

Error stream_error(int code) {
  return {ErrorKind::kUnavailable, std::generic_category().message(code)};
}

bool is_passing(int code) noexcept {
  return code == EAGAIN || code == EWOULDBLOCK || code == EINTR;
}

void set_option(const Descriptor& socket, int level, int option) {
  const int on = 1;
  setsockopt(socket.get(), level, option, &on, sizeof(on));
}

Descriptor connect_to(const std::string& address, const std::string& port,
                      const IoWait& wait) {
  addrinfo hints{};
  hints.ai_flags = AI_NUMERICHOST | AI_NUMERICSERV;
  hints.ai_socktype = SOCK_STREAM;
  addrinfo* found = nullptr;
  if (getaddrinfo(address.c_str(), port.c_str(), &hints, &found) != 0) {
    throw Error(ErrorKind::kUnavailable,
                "cannot connect to port " + port + " of address " + address);
  }
  const StreamAddressPtr owner(found);
  Descriptor made(::socket(found->ai_family,
                           SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  if (!made) {
    throw stream_error(errno);
  }
  if (connect(made.get(), found->ai_addr, found->ai_addrlen) != 0 &&
      errno != EINPROGRESS && errno != EINTR) {
    throw stream_error(errno);
  }
  wait.until_ready(made.get(), POLLOUT);
  int code = 0;
  socklen_t size = sizeof(code);
  if (getsockopt(made.get(), SOL_SOCKET, SO_ERROR, &code, &size) != 0 ||
      code != 0) {
    throw stream_error(code != 0 ? code : errno);
  }
  set_option(made, IPPROTO_TCP, TCP_NODELAY);
  set_option(made, SOL_SOCKET, SO_KEEPALIVE);
  return made;
}

// One address that swallows everything must not keep the others from a try.
Descriptor connect_to_any(const std::vector<std::string>& addresses,
                          const std::string& port, const IoWait& wait) {
  for (std::size_t i = 0;; ++i) {
    try {
      return connect_to(addresses[i], port, wait.share(addresses.size() - i));
    } catch (const Error& error) {
      if (error.kind() != ErrorKind::kUnavailable ||
          i + 1 == addresses.size()) {
        throw;
      }
    }
  }
}

}  // namespace

ByteStream::ByteStream(const StreamTarget& target, HostResolver& resolver,
                       const IoWait& wait)
    : socket_(
          connect_to_any(resolver.lookup(target.host, wait.stop(), wait.left()),
                         target.port, wait)) {
  if (target.tls != nullptr) {
    tls_ = std::make_unique<TlsConnection>(*target.tls, target.host);
    shake_hands(wait);
  }
}

void ByteStream::shake_hands(const IoWait& wait) {
  StreamPiece buffer{};
  while (!tls_->shake_hands()) {
    flush(wait);
    tls_->feed(std::span(buffer).first(receive(buffer, wait)));
  }
  flush(wait);
}

void ByteStream::write(std::string_view bytes, const IoWait& wait) {
  if (!tls_) {
    send_all(bytes, wait);
    return;
  }
  tls_->write(bytes);
  flush(wait);
}

std::size_t ByteStream::read(std::span<char> into, const IoWait& wait) {
  if (!tls_) {
    return receive(into, wait);
  }
  StreamPiece buffer{};
  for (;;) {
    const std::size_t count = tls_->read(into);
    flush(wait);  // TLS has words of its own to say, such as a new key
    if (count > 0) {
      return count;
    }
    tls_->feed(std::span(buffer).first(receive(buffer, wait)));
  }
}

bool ByteStream::is_quiet() const noexcept {
  pollfd polled{socket_.get(), POLLIN | POLLRDHUP, 0};
  return poll(&polled, 1, 0) == 0;
}

void ByteStream::flush(const IoWait& wait) {
  send_all(tls_->take_output(), wait);
}

void ByteStream::send_all(std::string_view bytes, const IoWait& wait) const {
  while (!bytes.empty()) {
    wait.until_ready(socket_.get(), POLLOUT);
    const ssize_t count =
        send(socket_.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (count >= 0) {
      bytes.remove_prefix(static_cast<std::size_t>(count));
    } else if (errno == EPIPE || errno == ECONNRESET) {
      return;
    } else if (!is_passing(errno)) {
      throw stream_error(errno);
    }
  }
}

std::size_t ByteStream::receive(std::span<char> into,
                                const IoWait& wait) const {
  for (;;) {
    wait.until_ready(socket_.get(), POLLIN);
    const ssize_t count = recv(socket_.get(), into.data(), into.size(), 0);
    if (count > 0) {
      return static_cast<std::size_t>(count);
    }
    if (count == 0 || errno == ECONNRESET || errno == EPIPE) {
      throw Error(ErrorKind::kUnavailable, "it closed the connection");
    }
    if (!is_passing(errno)) {
      throw stream_error(errno);
    }
  }
}

}  // namespace acme
