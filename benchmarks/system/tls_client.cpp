// SPDX-License-Identifier: BSD-2-Clause
// Makes TLS handshakes, one after another: the load of benchmarks.
//
//   tls_client [options] ADDRESS PORT SERVER_NAME COUNT
//     -2        TLS 1.2 instead of TLS 1.3
//     -r        resumes one session, COUNT times
//     -s LIST   signature algorithms to offer, as `openssl s_client -sigalgs`
//     -n N      SERVER_NAME has a %d, which goes from 0 to N - 1 and round
//     -p USEC   as long lies between the beginnings of two handshakes
//
// Prints the median and the 99th percentile of a handshake, with its
// connection, in microseconds. Exits with 1 at the first handshake that fails.
#include <arpa/inet.h>
#include <netinet/in.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <string>
#include <thread>
#include <vector>

namespace {

using Clock = std::chrono::steady_clock;

struct FreeContext {
  void operator()(SSL_CTX* context) const noexcept { SSL_CTX_free(context); }
};
struct FreeSsl {
  void operator()(SSL* ssl) const noexcept { SSL_free(ssl); }
};
struct FreeSession {
  void operator()(SSL_SESSION* session) const noexcept {
    SSL_SESSION_free(session);
  }
};
using SessionPtr = std::unique_ptr<SSL_SESSION, FreeSession>;

struct Options {
  sockaddr_in address{};
  std::string name;
  long count = 0;
  int version = TLS1_3_VERSION;
  bool resumes = false;
  const char* signatures = nullptr;
  long names = 1;
  std::chrono::microseconds pace{0};
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

class Client {
 public:
  explicit Client(const Options& options)
      : options_(options), context_(SSL_CTX_new(TLS_client_method())) {
    SSL_CTX_set_min_proto_version(context_.get(), options.version);
    SSL_CTX_set_max_proto_version(context_.get(), options.version);
    // With a cache, OpenSSL takes a session of TLS 1.3 for used up.
    SSL_CTX_set_session_cache_mode(context_.get(), SSL_SESS_CACHE_OFF);
    if (options.signatures != nullptr) {
      SSL_CTX_set1_sigalgs_list(context_.get(), options.signatures);
    }
  }

  // False when a handshake fails.
  bool run() {
    if (options_.resumes && !obtain_session()) {
      return false;
    }
    Clock::time_point start = Clock::now();
    for (long i = 0; i < options_.count; ++i, start += options_.pace) {
      std::this_thread::sleep_until(start);
      const auto begun = Clock::now();
      if (!shake_hands(name(i))) {
        return false;
      }
      times_.push_back(Clock::now() - begun);
    }
    return true;
  }

  void print() {
    std::sort(times_.begin(), times_.end());
    const auto microseconds = [this](std::size_t percent) {
      return std::chrono::duration<double, std::micro>(
                 times_[(times_.size() - 1) * percent / 100])
          .count();
    };
    std::printf("{\"p50_us\": %.1f, \"p99_us\": %.1f}\n", microseconds(50),
                microseconds(99));
  }

 private:
  [[nodiscard]] std::string name(long turn) const {
    std::array<char, 256> text{};
    static_cast<void>(std::snprintf(text.data(), text.size(),
                                    options_.name.c_str(),
                                    static_cast<int>(turn % options_.names)));
    return text.data();
  }

  bool shake_hands(const std::string& name, bool read_answer = false) {
    const Connection connection(options_.address);
    const std::unique_ptr<SSL, FreeSsl> ssl(SSL_new(context_.get()));
    if (!connection.is_open() || !ssl ||
        SSL_set_tlsext_host_name(ssl.get(), name.c_str()) != 1 ||
        SSL_set_fd(ssl.get(), connection.get()) != 1 ||
        (session_ && SSL_set_session(ssl.get(), session_.get()) != 1) ||
        SSL_connect(ssl.get()) != 1) {
      return false;
    }
    if (read_answer) {
      // Sessions of TLS 1.3 come with the first bytes.
      const std::string request =
          "GET / HTTP/1.1\r\nHost: " + name + "\r\n\r\n";
      std::array<char, 4096> answer{};
      if (SSL_write(ssl.get(), request.data(),
                    static_cast<int>(request.size())) <= 0 ||
          SSL_read(ssl.get(), answer.data(), answer.size()) <= 0) {
        return false;
      }
      kept_.reset(SSL_get1_session(ssl.get()));
    }
    // A connection that just ends would take its session along.
    SSL_set_shutdown(ssl.get(), SSL_SENT_SHUTDOWN | SSL_RECEIVED_SHUTDOWN);
    return session_ == nullptr || SSL_session_reused(ssl.get()) == 1;
  }

  bool obtain_session() {
    if (!shake_hands(name(0), true)) {
      return false;
    }
    session_ = std::move(kept_);
    return session_ != nullptr;
  }

  const Options options_;
  std::unique_ptr<SSL_CTX, FreeContext> context_;
  SessionPtr session_;  // the one to resume
  SessionPtr kept_;
  std::vector<Clock::duration> times_;
};

bool parse(int argc, char** argv, Options& options) {
  for (int option = 0; (option = getopt(argc, argv, "2rs:n:p:")) != -1;) {
    switch (option) {
      case '2':
        options.version = TLS1_2_VERSION;
        break;
      case 'r':
        options.resumes = true;
        break;
      case 's':
        options.signatures = optarg;
        break;
      case 'n':
        options.names = std::atol(optarg);
        break;
      case 'p':
        options.pace = std::chrono::microseconds(std::atol(optarg));
        break;
      default:
        return false;
    }
  }
  if (argc - optind != 4) {
    return false;
  }
  options.address.sin_family = AF_INET;
  options.address.sin_port =
      htons(static_cast<in_port_t>(std::atoi(argv[optind + 1])));
  options.name = argv[optind + 2];
  options.count = std::atol(argv[optind + 3]);
  return options.count > 0 && options.names > 0 &&
         inet_pton(AF_INET, argv[optind], &options.address.sin_addr) == 1;
}

}  // namespace

int main(int argc, char** argv) {
  Options options;
  if (!parse(argc, argv, options)) {
    std::fprintf(stderr,
                 "usage: %s [-2] [-r] [-s LIST] [-n N] [-p USEC] ADDRESS PORT "
                 "SERVER_NAME COUNT\n",
                 argv[0]);
    return 2;
  }
  Client client(options);
  if (!client.run()) {
    std::fprintf(stderr, "handshake failed\n");
    ERR_print_errors_fp(stderr);
    return 1;
  }
  client.print();
  return 0;
}
