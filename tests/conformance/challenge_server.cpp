// SPDX-License-Identifier: BSD-2-Clause
// Where the CA's HTTP-01 requests arrive.
#include "tests/conformance/challenge_server.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/time.h>

#include <array>
#include <cerrno>
#include <system_error>

namespace acme {
namespace {

constexpr std::string_view kPath = "GET /.well-known/acme-challenge/";

void require(bool success, const char* what) {
  if (!success) {
    throw std::system_error(errno, std::generic_category(), what);
  }
}

std::string read_head(int connection) {
  std::string head;
  std::array<char, 4096> buffer{};
  while (head.find("\r\n\r\n") == std::string::npos) {
    const ssize_t count = recv(connection, buffer.data(), buffer.size(), 0);
    if (count <= 0) {
      break;
    }
    head.append(buffer.data(), static_cast<std::size_t>(count));
  }
  return head;
}

}  // namespace

ChallengeServer::ChallengeServer(const std::string& ipv4, std::uint16_t port)
    : listener_(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
  require(static_cast<bool>(listener_), "socket");
  const int on = 1;
  setsockopt(listener_.get(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  require(inet_pton(AF_INET, ipv4.c_str(), &address.sin_addr) == 1,
          "ACME_HTTP_ADDRESS");
  require(bind(listener_.get(), reinterpret_cast<const sockaddr*>(&address),
               sizeof(address)) == 0,
          "bind to ACME_HTTP_ADDRESS");
  require(listen(listener_.get(), SOMAXCONN) == 0, "listen");
  acceptor_ = std::jthread([this] { accept_connections(); });
}

ChallengeServer::~ChallengeServer() {
  shutdown(listener_.get(), SHUT_RDWR);  // wakes the thread
}

void ChallengeServer::put_challenge(const Identifier& /*identifier*/,
                                    std::string_view token,
                                    std::string_view key_authorization) {
  const std::lock_guard lock(mutex_);
  answers_.emplace(token, key_authorization);
}

void ChallengeServer::remove_challenge(const Identifier& /*identifier*/,
                                       std::string_view token) noexcept {
  const std::lock_guard lock(mutex_);
  if (const auto answer = answers_.find(token); answer != answers_.end()) {
    answers_.erase(answer);
  }
}

void ChallengeServer::accept_connections() {
  for (;;) {
    const Descriptor connection(
        accept4(listener_.get(), nullptr, nullptr, SOCK_CLOEXEC));
    if (!connection) {
      return;
    }
    serve(connection.get());
  }
}

void ChallengeServer::serve(int connection) {
  const timeval patience{5, 0};
  setsockopt(connection, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
  const std::string answer = response(read_head(connection));
  send(connection, answer.data(), answer.size(), MSG_NOSIGNAL);
  shutdown(connection, SHUT_WR);
}

std::string ChallengeServer::response(std::string_view request) const {
  std::string status = "404 Not Found";
  std::string body = "not one of ours";
  if (request.starts_with(kPath)) {
    request.remove_prefix(kPath.size());
    const std::lock_guard lock(mutex_);
    const auto answer = answers_.find(request.substr(0, request.find(' ')));
    if (answer != answers_.end()) {
      status = "200 OK";
      body = answer->second;
    }
  }
  return "HTTP/1.1 " + status +
         "\r\nContent-Length: " + std::to_string(body.size()) +
         "\r\nConnection: close\r\n\r\n" + body;
}

}  // namespace acme
