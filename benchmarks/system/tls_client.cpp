// SPDX-License-Identifier: BSD-2-Clause
// Makes full TLS 1.3 handshakes, one after another: the load of benchmarks.
//
//   tls_client ADDRESS PORT SERVER_NAME COUNT
//
// Exits with 1 at the first handshake that fails.
#include <arpa/inet.h>
#include <netinet/in.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <memory>
#include <string>

namespace {

struct FreeContext {
  void operator()(SSL_CTX* context) const noexcept { SSL_CTX_free(context); }
};
struct FreeSsl {
  void operator()(SSL* ssl) const noexcept { SSL_free(ssl); }
};

// Closes with a reset, so that no port is left waiting.
class Connection {
 public:
  explicit Connection(const sockaddr_in& address)
      : socket_(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    const linger at_once{1, 0};
    setsockopt(socket_, SOL_SOCKET, SO_LINGER, &at_once, sizeof(at_once));
    is_open_ = connect(socket_, reinterpret_cast<const sockaddr*>(&address),
                       sizeof(address)) == 0;
  }
  ~Connection() { close(socket_); }
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  [[nodiscard]] bool is_open() const noexcept { return is_open_; }
  [[nodiscard]] int get() const noexcept { return socket_; }

 private:
  int socket_;
  bool is_open_ = false;
};

bool shake_hands(SSL_CTX* context, const sockaddr_in& address,
                 const char* name) {
  const Connection connection(address);
  const std::unique_ptr<SSL, FreeSsl> ssl(SSL_new(context));
  return connection.is_open() && ssl &&
         SSL_set_tlsext_host_name(ssl.get(), name) == 1 &&
         SSL_set_fd(ssl.get(), connection.get()) == 1 &&
         SSL_connect(ssl.get()) == 1;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 5) {
    std::fprintf(stderr, "usage: %s ADDRESS PORT SERVER_NAME COUNT\n", argv[0]);
    return 2;
  }
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(static_cast<in_port_t>(std::atoi(argv[2])));
  if (inet_pton(AF_INET, argv[1], &address.sin_addr) != 1) {
    std::fprintf(stderr, "not an IPv4 address: %s\n", argv[1]);
    return 2;
  }
  const std::unique_ptr<SSL_CTX, FreeContext> context(
      SSL_CTX_new(TLS_client_method()));
  SSL_CTX_set_min_proto_version(context.get(), TLS1_3_VERSION);
  SSL_CTX_set_session_cache_mode(context.get(), SSL_SESS_CACHE_OFF);
  for (long left = std::atol(argv[4]); left > 0; --left) {
    if (!shake_hands(context.get(), address, argv[3])) {
      std::fprintf(stderr, "handshake failed\n");
      ERR_print_errors_fp(stderr);
      return 1;
    }
  }
  return 0;
}
