// SPDX-License-Identifier: BSD-2-Clause
// An https server on the loopback interface.
#include "tests/support/http_test_server.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <openssl/err.h>
#include <pthread.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <optional>
#include <stdexcept>
#include <system_error>
#include <utility>

namespace acme {
namespace {

using SslPtr = std::unique_ptr<SSL, OpensslDeleter<SSL_free>>;

void require(bool success, const char* what) {
  if (!success) {
    throw std::runtime_error(std::string(what) + ": " + take_openssl_errors());
  }
}

void require_system(bool success, const char* what) {
  if (!success) {
    throw std::system_error(errno, std::generic_category(), what);
  }
}

// A client that has gone is an error of write(), not the end of the process.
void block_sigpipe() {
  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGPIPE);
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);
}

std::size_t content_length(std::string_view head) {
  constexpr std::string_view kField = "\r\nContent-Length: ";
  const std::size_t field = head.find(kField);
  return field == std::string_view::npos
             ? 0
             : std::stoul(std::string(head.substr(field + kField.size())));
}

// The next request; what is left of `input` begins the one after it. nullopt
// when the client has gone.
std::optional<HttpTestServer::Request> read_request(SSL& tls,
                                                    std::string& input) {
  const auto read_more = [&] {
    std::array<char, 4096> buffer{};
    const int count =
        SSL_read(&tls, buffer.data(), static_cast<int>(buffer.size()));
    if (count > 0) {
      input.append(buffer.data(), static_cast<std::size_t>(count));
    }
    return count > 0;
  };
  constexpr std::string_view kEnd = "\r\n\r\n";
  while (input.find(kEnd) == std::string::npos) {
    if (!read_more()) {
      return std::nullopt;
    }
  }
  const std::size_t head_size = input.find(kEnd) + kEnd.size();
  const std::size_t size =
      head_size + content_length(std::string_view(input).substr(0, head_size));
  while (input.size() < size) {
    if (!read_more()) {
      return std::nullopt;
    }
  }
  HttpTestServer::Request request{input.substr(0, head_size),
                                  input.substr(head_size, size - head_size)};
  input.erase(0, size);
  return request;
}

void wait_until_client_goes(SSL& tls) {
  std::array<char, 4096> buffer{};
  while (SSL_read(&tls, buffer.data(), static_cast<int>(buffer.size())) > 0) {
  }
}

}  // namespace

std::string_view HttpTestServer::Request::path() const {
  const std::size_t start = head.find(' ') + 1;
  return std::string_view(head).substr(start, head.find(' ', start) - start);
}

HttpTestServer::HttpTestServer(const std::string& chain, const PrivateKey& key,
                               Script script)
    : script_(std::move(script)), context_(SSL_CTX_new(TLS_server_method())) {
  require(context_ != nullptr, "SSL_CTX_new");
  load(chain, key);
  listen();
  acceptor_ = std::jthread([this] { accept_connections(); });
}

HttpTestServer::~HttpTestServer() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
    shutdown(listener_, SHUT_RDWR);
    for (const Connection& connection : connections_) {
      if (connection.open) {
        shutdown(connection.socket, SHUT_RDWR);
      }
    }
  }
  acceptor_.join();
  connections_.clear();  // joins their threads
  close(listener_);
}

void HttpTestServer::load(const std::string& chain, const PrivateKey& key) {
  const BioPtr bio(
      BIO_new_mem_buf(chain.data(), static_cast<int>(chain.size())));
  require(bio != nullptr, "BIO_new_mem_buf");
  const X509Ptr leaf(PEM_read_bio_X509(bio.get(), nullptr, nullptr, nullptr));
  require(leaf && SSL_CTX_use_certificate(context_.get(), leaf.get()) == 1 &&
              SSL_CTX_use_PrivateKey(context_.get(), key.get()) == 1,
          "cannot use the server's certificate");
  while (const X509Ptr next{
      PEM_read_bio_X509(bio.get(), nullptr, nullptr, nullptr)}) {
    require(SSL_CTX_add1_chain_cert(context_.get(), next.get()) == 1,
            "SSL_CTX_add1_chain_cert");
  }
  ERR_clear_error();  // the end of the PEM text
}

void HttpTestServer::listen() {
  listener_ = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  require_system(listener_ >= 0, "socket");
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof(address);
  require_system(
      bind(listener_, reinterpret_cast<sockaddr*>(&address), size) == 0 &&
          ::listen(listener_, SOMAXCONN) == 0 &&
          getsockname(listener_, reinterpret_cast<sockaddr*>(&address),
                      &size) == 0,
      "cannot listen on the loopback interface");
  port_ = ntohs(address.sin_port);
}

void HttpTestServer::accept_connections() {
  for (;;) {
    const int accepted = accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
    const std::lock_guard lock(mutex_);
    if (accepted < 0 || stopping_) {
      if (accepted >= 0) {
        close(accepted);
      }
      return;
    }
    ++accepted_;
    ++open_;
    Connection& connection = connections_.emplace_back(accepted);
    connection.thread = std::jthread([this, &connection] {
      block_sigpipe();
      serve(connection.socket);
      const std::lock_guard end_lock(mutex_);
      close(connection.socket);
      connection.open = false;
      --open_;
      changed_.notify_all();
    });
  }
}

void HttpTestServer::serve(int socket) {
  const SslPtr tls(SSL_new(context_.get()));
  const OpensslErrorScope errors;
  if (!tls || SSL_set_fd(tls.get(), socket) != 1 ||
      SSL_accept(tls.get()) != 1) {
    return;
  }
  std::string input;
  while (const auto request = read_request(*tls, input)) {
    {
      const std::lock_guard lock(mutex_);
      requests_.push_back(*request);
    }
    if (!answer(*tls, *request)) {
      return;
    }
  }
}

// False when the connection is to end.
bool HttpTestServer::answer(SSL& tls, const Request& request) {
  const Reply reply = script_(request);
  const bool sent = reply.bytes.empty() ||
                    SSL_write(&tls, reply.bytes.data(),
                              static_cast<int>(reply.bytes.size())) > 0;
  {
    const std::lock_guard lock(mutex_);
    ++answered_;
    changed_.notify_all();
  }
  if (!sent) {
    return false;
  }
  switch (reply.then) {
    case Reply::Then::kKeepOpen:
      return true;
    case Reply::Then::kClose:
      SSL_shutdown(&tls);
      return false;
    case Reply::Then::kAbort:
      return false;
    case Reply::Then::kStall:
      wait_until_client_goes(tls);
      return false;
  }
  return false;
}

std::string HttpTestServer::url(std::string_view path) const {
  return "https://127.0.0.1:" + std::to_string(port_) + std::string(path);
}

std::string HttpTestServer::response(std::string_view status_line,
                                     std::string_view fields,
                                     std::string_view body) {
  std::string text = "HTTP/1.1 ";
  text.append(status_line).append("\r\n").append(fields);
  text.append("Content-Length: ").append(std::to_string(body.size()));
  return text.append("\r\n\r\n").append(body);
}

unsigned HttpTestServer::accepted() const {
  const std::lock_guard lock(mutex_);
  return accepted_;
}

std::vector<HttpTestServer::Request> HttpTestServer::requests() const {
  const std::lock_guard lock(mutex_);
  return requests_;
}

void HttpTestServer::wait_for_answers(std::size_t count) const {
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [&] { return answered_ >= count; });
}

void HttpTestServer::wait_for_disconnect() const {
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [this] { return open_ == 0; });
}

}  // namespace acme
