// SPDX-License-Identifier: BSD-2-Clause
// A thread that takes messages and sends answers.
#include "tests/support/dns_sockets.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <stdexcept>
#include <utility>

namespace acme {
namespace {

constexpr std::size_t kLargestMessage = 65'535;

// Empty when the port is somebody else's.
Descriptor open_socket(int type, sockaddr_in& address) {
  Descriptor made(socket(AF_INET, type | SOCK_CLOEXEC, 0));
  socklen_t size = sizeof(address);
  if (bind(made.get(), reinterpret_cast<sockaddr*>(&address), size) != 0 ||
      getsockname(made.get(), reinterpret_cast<sockaddr*>(&address), &size) !=
          0) {
    return Descriptor();
  }
  return made;
}

// RFC 1035 section 4.2.2.
std::size_t length_of(const std::string& bytes) {
  return static_cast<std::size_t>(static_cast<unsigned char>(bytes[0])) << 8 |
         static_cast<unsigned char>(bytes[1]);
}

}  // namespace

DnsSockets::DnsSockets(Answer answer)
    : answer_(std::move(answer)), stop_(eventfd(0, EFD_CLOEXEC)) {
  // A port that is free for one protocol may be taken for the other.
  constexpr int kTries = 100;
  for (int i = 0; !(datagrams_ && streams_) && i < kTries; ++i) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    datagrams_ = open_socket(SOCK_DGRAM, address);
    streams_ = open_socket(SOCK_STREAM, address);
  }
  if (!datagrams_ || !streams_ || listen(streams_.get(), 8) != 0) {
    throw std::runtime_error("cannot open sockets for DNS");
  }
  thread_ = std::jthread([this] { run(); });
}

DnsSockets::~DnsSockets() {
  const std::uint64_t one = 1;
  static_cast<void>(::write(stop_.get(), &one, sizeof(one)));
}

std::string DnsSockets::port() const {
  sockaddr_in address{};
  socklen_t size = sizeof(address);
  getsockname(datagrams_.get(), reinterpret_cast<sockaddr*>(&address), &size);
  return std::to_string(ntohs(address.sin_port));
}

void DnsSockets::run() {
  for (;;) {
    std::array<pollfd, 3> polled{{{stop_.get(), POLLIN, 0},
                                  {datagrams_.get(), POLLIN, 0},
                                  {streams_.get(), POLLIN, 0}}};
    poll(polled.data(), polled.size(), -1);
    if (polled[0].revents != 0) {
      return;
    }
    if (polled[1].revents != 0) {
      std::string query(kLargestMessage, '\0');
      sockaddr_in from{};
      socklen_t size = sizeof(from);
      const ssize_t count =
          recvfrom(datagrams_.get(), query.data(), query.size(), 0,
                   reinterpret_cast<sockaddr*>(&from), &size);
      query.resize(count < 0 ? 0 : static_cast<std::size_t>(count));
      const std::string reply = answer_(query, false);
      if (!reply.empty()) {
        sendto(datagrams_.get(), reply.data(), reply.size(), 0,
               reinterpret_cast<sockaddr*>(&from), size);
      }
    }
    if (polled[2].revents != 0) {
      serve_stream();
    }
  }
}

// One question for each connection (RFC 1035 section 4.2.2).
void DnsSockets::serve_stream() {
  const Descriptor connection(accept(streams_.get(), nullptr, nullptr));
  std::string query;
  std::array<char, 512> buffer{};
  while (query.size() < 2 || query.size() < 2 + length_of(query)) {
    const ssize_t count =
        recv(connection.get(), buffer.data(), buffer.size(), 0);
    if (count <= 0) {
      return;
    }
    query.append(buffer.data(), static_cast<std::size_t>(count));
  }
  const std::string reply = answer_(query.substr(2), true);
  std::string message{static_cast<char>(reply.size() >> 8),
                      static_cast<char>(reply.size() & 0xff)};
  message += reply;
  static_cast<void>(::write(connection.get(), message.data(), message.size()));
}

}  // namespace acme
