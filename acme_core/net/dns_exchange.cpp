// SPDX-License-Identifier: BSD-2-Clause
// Non-blocking sockets, and a wait that notices a request to stop.
#include "acme_core/net/dns_exchange.h"

#include <fcntl.h>
#include <netdb.h>
#include <poll.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <memory>
#include <string_view>
#include <system_error>
#include <utility>

#include "acme_core/env/descriptor.h"
#include "acme_core/error.h"
#include "acme_core/net/dns_message.h"

namespace acme {
namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;

// How soon a request to stop is noticed.
constexpr milliseconds kLongestPoll{100};
// A datagram gets lost: it is sent again, with growing pauses.
constexpr milliseconds kFirstTry{1'000};
constexpr std::size_t kLargestMessage = 65'535;

struct FreeAddresses {
  void operator()(addrinfo* list) const noexcept { freeaddrinfo(list); }
};
using AddressPtr = std::unique_ptr<addrinfo, FreeAddresses>;

AddressPtr parse_server(const std::string& server) {
  std::string host = server;
  std::string port = "53";
  if (server.starts_with('[')) {
    const std::size_t end = server.find(']');
    host = server.substr(1, end == std::string::npos ? end : end - 1);
    if (end != std::string::npos && server.substr(end).starts_with("]:")) {
      port = server.substr(end + 2);
    }
  } else if (const std::size_t colon = server.find(':');
             colon != std::string::npos && server.rfind(':') == colon) {
    host = server.substr(0, colon);
    port = server.substr(colon + 1);
  }
  addrinfo hints{};
  hints.ai_flags = AI_NUMERICHOST | AI_NUMERICSERV;
  hints.ai_socktype = SOCK_DGRAM;
  addrinfo* found = nullptr;
  if (getaddrinfo(host.c_str(), port.c_str(), &hints, &found) != 0) {
    throw Error(ErrorKind::kConfiguration,
                "\"" + server + "\" is not the address of a DNS server");
  }
  return AddressPtr(found);
}

Error system_error() {
  return {ErrorKind::kUnavailable, std::generic_category().message(errno)};
}

class Exchange {
 public:
  Exchange(const std::string& server, std::span<const std::uint8_t> request,
           milliseconds timeout, std::stop_token stop)
      : server_(parse_server(server)),
        request_(request),
        timeout_(timeout),
        deadline_(steady_clock::now() + timeout),
        stop_(std::move(stop)) {}

  std::vector<std::uint8_t> run() {
    std::vector<std::uint8_t> reply = over_udp();
    const auto read = read_reply(reply);
    return read && read->truncated ? over_tcp() : reply;
  }

 private:
  std::vector<std::uint8_t> over_udp() {
    const Descriptor socket = open(SOCK_DGRAM);
    if (connect(socket.get(), server_->ai_addr, server_->ai_addrlen) != 0) {
      throw system_error();
    }
    std::vector<std::uint8_t> buffer(kLargestMessage);
    for (milliseconds patience = kFirstTry;; patience *= 2) {
      if (send(socket.get(), request_.data(), request_.size(), MSG_NOSIGNAL) <
              0 &&
          errno != EAGAIN) {
        throw system_error();
      }
      const auto next_try = std::min(deadline_, steady_clock::now() + patience);
      while (wait(socket, POLLIN, next_try)) {
        const ssize_t count =
            recv(socket.get(), buffer.data(), buffer.size(), 0);
        if (count < 0 && errno != EAGAIN && errno != EINTR) {
          throw system_error();  // "connection refused" comes by ICMP
        }
        const std::span<const std::uint8_t> received(
            buffer.data(), count < 0 ? 0 : static_cast<std::size_t>(count));
        if (is_reply_to(request_, received)) {
          return {received.begin(), received.end()};
        }
      }
      require_time();
    }
  }

  // RFC 1035 section 4.2.2: two bytes of length in front.
  std::vector<std::uint8_t> over_tcp() {
    const Descriptor socket = open(SOCK_STREAM);
    if (connect(socket.get(), server_->ai_addr, server_->ai_addrlen) != 0 &&
        errno != EINPROGRESS) {
      throw system_error();
    }
    std::vector<std::uint8_t> message{
        static_cast<std::uint8_t>(request_.size() >> 8),
        static_cast<std::uint8_t>(request_.size() & 0xff)};
    message.insert(message.end(), request_.begin(), request_.end());
    send_all(socket, message);
    std::vector<std::uint8_t> length(2);
    receive_all(socket, length);
    std::vector<std::uint8_t> reply(static_cast<std::size_t>(length[0]) << 8 |
                                    length[1]);
    receive_all(socket, reply);
    if (!is_reply_to(request_, reply)) {
      throw Error(ErrorKind::kUnavailable,
                  "what it sent over TCP is not the answer");
    }
    return reply;
  }

  [[nodiscard]] Descriptor open(int type) const {
    Descriptor made(
        ::socket(server_->ai_family, type | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
    if (!made) {
      throw system_error();
    }
    return made;
  }

  void send_all(const Descriptor& socket,
                std::span<const std::uint8_t> message) const {
    while (!message.empty()) {
      require_wait(socket, POLLOUT);
      const ssize_t count =
          send(socket.get(), message.data(), message.size(), MSG_NOSIGNAL);
      if (count < 0 && errno != EAGAIN && errno != EINTR) {
        throw system_error();
      }
      message =
          message.subspan(count < 0 ? 0 : static_cast<std::size_t>(count));
    }
  }

  void receive_all(const Descriptor& socket,
                   std::span<std::uint8_t> message) const {
    while (!message.empty()) {
      require_wait(socket, POLLIN);
      const ssize_t count =
          recv(socket.get(), message.data(), message.size(), 0);
      if (count == 0) {
        throw Error(ErrorKind::kUnavailable, "it closed the connection");
      }
      if (count < 0 && errno != EAGAIN && errno != EINTR) {
        throw system_error();
      }
      message =
          message.subspan(count < 0 ? 0 : static_cast<std::size_t>(count));
    }
  }

  // False when `until` has come first.
  bool wait(const Descriptor& socket, short events,
            steady_clock::time_point until) const {
    for (;;) {
      if (stop_.stop_requested()) {
        throw Error(ErrorKind::kStopped, "stopping");
      }
      const auto left =
          std::chrono::ceil<milliseconds>(until - steady_clock::now());
      if (left <= milliseconds::zero()) {
        return false;
      }
      pollfd polled{socket.get(), events, 0};
      const auto slice = static_cast<int>(std::min(left, kLongestPoll).count());
      if (poll(&polled, 1, slice) > 0) {
        return true;
      }
    }
  }

  void require_wait(const Descriptor& socket, short events) const {
    if (!wait(socket, events, deadline_)) {
      require_time();
    }
  }

  void require_time() const {
    if (steady_clock::now() >= deadline_) {
      throw Error(
          ErrorKind::kUnavailable,
          "no answer within " + std::to_string(timeout_.count()) + " ms");
    }
  }

  const AddressPtr server_;
  const std::span<const std::uint8_t> request_;
  const milliseconds timeout_;
  const steady_clock::time_point deadline_;
  const std::stop_token stop_;
};

}  // namespace

std::vector<std::uint8_t> exchange_dns(const std::string& server,
                                       std::span<const std::uint8_t> request,
                                       milliseconds timeout,
                                       std::stop_token stop) {
  return Exchange(server, request, timeout, std::move(stop)).run();
}

}  // namespace acme
