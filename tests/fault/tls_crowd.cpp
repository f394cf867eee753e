// SPDX-License-Identifier: BSD-2-Clause
// A crowd of TLS clients that all make handshakes at the same time.
//
//   tls_crowd ROOT_FILE ADDRESS PORT SERVER_NAME NAMES CLIENTS SECONDS
//
// Each client connects, makes a handshake, verifies chain and name by the root
// (the server proves by it that it has the certificate's key), leaves, and
// begins anew. SERVER_NAME has a %d, which goes from 0 to NAMES - 1. Prints how
// many handshakes there were, how many failed, how many different certificates
// were seen, and the median and longest time of a handshake.
#include <arpa/inet.h>
#include <netinet/in.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

namespace {

using Clock = std::chrono::steady_clock;

struct FreeContext {
  void operator()(SSL_CTX* context) const noexcept { SSL_CTX_free(context); }
};
struct FreeSsl {
  void operator()(SSL* ssl) const noexcept { SSL_free(ssl); }
};
struct FreeCertificate {
  void operator()(X509* certificate) const noexcept { X509_free(certificate); }
};

struct Options {
  std::string roots;
  sockaddr_in address{};
  std::string name;
  int names = 1;
  int clients = 1;
  std::chrono::seconds duration{1};
};

class Client {
 public:
  enum class State { kConnecting, kShaking, kDone, kFailed };

  Client(const Options& options, SSL_CTX* context, int turn, int poll)
      : options_(options), context_(context), turn_(turn), poll_(poll) {
    begin();
  }
  ~Client() { close(socket_); }
  Client(const Client&) = delete;
  Client& operator=(const Client&) = delete;

  void begin() {
    if (socket_ >= 0) {
      close(socket_);
    }
    std::array<char, 256> name{};
    static_cast<void>(std::snprintf(name.data(), name.size(),
                                    options_.name.c_str(),
                                    turn_++ % options_.names));
    name_ = name.data();
    begun_ = Clock::now();
    state_ = State::kConnecting;
    reason_.clear();
    socket_ = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    const linger at_once{1, 0};  // leaves no port waiting
    setsockopt(socket_, SOL_SOCKET, SO_LINGER, &at_once, sizeof(at_once));
    ssl_.reset(SSL_new(context_));
    if (socket_ < 0 || !ssl_ ||
        SSL_set_tlsext_host_name(ssl_.get(), name_.c_str()) != 1 ||
        SSL_set1_host(ssl_.get(), name_.c_str()) != 1 ||
        SSL_set_fd(ssl_.get(), socket_) != 1 ||
        (connect(socket_, reinterpret_cast<const sockaddr*>(&options_.address),
                 sizeof(options_.address)) != 0 &&
         errno != EINPROGRESS)) {
      fail("connect");
      return;
    }
    SSL_set_connect_state(ssl_.get());
    wait_for(EPOLLOUT, EPOLL_CTL_ADD);
  }

  void go_on() {
    if (state_ == State::kConnecting) {
      int error = 0;
      socklen_t size = sizeof(error);
      getsockopt(socket_, SOL_SOCKET, SO_ERROR, &error, &size);
      if (error != 0) {
        errno = error;
        fail("connect");
        return;
      }
      state_ = State::kShaking;
    }
    ERR_clear_error();
    const int result = SSL_do_handshake(ssl_.get());
    if (result == 1) {
      state_ = State::kDone;
      took_ = Clock::now() - begun_;
      SSL_set_quiet_shutdown(ssl_.get(), 1);
      return;
    }
    switch (SSL_get_error(ssl_.get(), result)) {
      case SSL_ERROR_WANT_READ:
        wait_for(EPOLLIN, EPOLL_CTL_MOD);
        break;
      case SSL_ERROR_WANT_WRITE:
        wait_for(EPOLLOUT, EPOLL_CTL_MOD);
        break;
      default:
        fail("handshake");
    }
  }

  [[nodiscard]] State state() const noexcept { return state_; }
  [[nodiscard]] const std::string& reason() const noexcept { return reason_; }
  [[nodiscard]] Clock::duration took() const noexcept { return took_; }

  // The serial number, as a number may be printed.
  [[nodiscard]] std::string serial() const {
    const std::unique_ptr<X509, FreeCertificate> certificate(
        SSL_get1_peer_certificate(ssl_.get()));
    const ASN1_INTEGER* serial = X509_get0_serialNumber(certificate.get());
    return {reinterpret_cast<const char*>(ASN1_STRING_get0_data(serial)),
            static_cast<std::size_t>(ASN1_STRING_length(serial))};
  }

 private:
  void wait_for(std::uint32_t events, int operation) {
    epoll_event event{};
    event.events = events;
    event.data.ptr = this;
    epoll_ctl(poll_, operation, socket_, &event);
  }

  void fail(const char* step) {
    std::array<char, 256> words{};
    const unsigned long error = ERR_peek_last_error();
    if (const long verified = SSL_get_verify_result(ssl_.get());
        verified != X509_V_OK) {
      reason_ = X509_verify_cert_error_string(verified);
    } else if (error != 0) {
      ERR_error_string_n(error, words.data(), words.size());
      reason_ = words.data();
    } else {
      reason_ = std::string(step) + ", errno " + std::to_string(errno);
    }
    ERR_clear_error();
    state_ = State::kFailed;
  }

  const Options& options_;
  SSL_CTX* context_;
  int turn_;
  int poll_;
  int socket_ = -1;
  std::string name_;
  std::unique_ptr<SSL, FreeSsl> ssl_;
  State state_ = State::kConnecting;
  std::string reason_;
  Clock::time_point begun_;
  Clock::duration took_{};
};

struct Outcome {
  long handshakes = 0;
  long failed = 0;
  std::set<std::string> serials;
  std::map<std::string, long> reasons;
  std::vector<float> milliseconds;
};

Outcome run(const Options& options, SSL_CTX* context) {
  Outcome outcome;
  const int poll = epoll_create1(EPOLL_CLOEXEC);
  const auto end = Clock::now() + options.duration;
  std::vector<std::unique_ptr<Client>> crowd;
  for (int i = 0; i < options.clients; ++i) {
    crowd.push_back(std::make_unique<Client>(options, context, i, poll));
  }
  std::array<epoll_event, 256> events{};
  while (Clock::now() < end) {
    const int count =
        epoll_wait(poll, events.data(), static_cast<int>(events.size()), 100);
    for (int i = 0; i < count; ++i) {
      auto* client =
          static_cast<Client*>(events[static_cast<std::size_t>(i)].data.ptr);
      client->go_on();
      if (client->state() == Client::State::kDone) {
        ++outcome.handshakes;
        outcome.serials.insert(client->serial());
        outcome.milliseconds.push_back(
            std::chrono::duration<float, std::milli>(client->took()).count());
        client->begin();
      }
      if (client->state() == Client::State::kFailed) {
        ++outcome.failed;
        ++outcome.reasons[client->reason()];
        client->begin();
      }
    }
  }
  crowd.clear();
  close(poll);
  return outcome;
}

void print(Outcome& outcome) {
  auto& times = outcome.milliseconds;
  std::sort(times.begin(), times.end());
  std::printf(
      "{\"handshakes\": %ld, \"failed\": %ld, \"certificates\": %zu, "
      "\"p50_ms\": %.1f, \"max_ms\": %.1f}\n",
      outcome.handshakes, outcome.failed, outcome.serials.size(),
      times.empty() ? 0.0 : static_cast<double>(times[times.size() / 2]),
      times.empty() ? 0.0 : static_cast<double>(times.back()));
  for (const auto& [reason, count] : outcome.reasons) {
    std::fprintf(stderr, "%ld x %s\n", count, reason.c_str());
  }
}

bool parse(int argc, char** argv, Options& options) {
  if (argc != 8) {
    return false;
  }
  options.roots = argv[1];
  options.address.sin_family = AF_INET;
  options.address.sin_port = htons(static_cast<in_port_t>(std::atoi(argv[3])));
  options.name = argv[4];
  options.names = std::atoi(argv[5]);
  options.clients = std::atoi(argv[6]);
  options.duration = std::chrono::seconds(std::atoi(argv[7]));
  return options.names > 0 && options.clients > 0 &&
         inet_pton(AF_INET, argv[2], &options.address.sin_addr) == 1;
}

}  // namespace

int main(int argc, char** argv) {
  Options options;
  if (!parse(argc, argv, options)) {
    std::fprintf(stderr,
                 "usage: tls_crowd ROOT_FILE ADDRESS PORT SERVER_NAME NAMES "
                 "CLIENTS SECONDS\n");
    return 2;
  }
  rlimit files{};
  getrlimit(RLIMIT_NOFILE, &files);
  files.rlim_cur = files.rlim_max;
  setrlimit(RLIMIT_NOFILE, &files);
  const std::unique_ptr<SSL_CTX, FreeContext> context(
      SSL_CTX_new(TLS_client_method()));
  SSL_CTX_set_verify(context.get(), SSL_VERIFY_PEER, nullptr);
  SSL_CTX_set_session_cache_mode(context.get(), SSL_SESS_CACHE_OFF);
  if (SSL_CTX_load_verify_locations(context.get(), options.roots.c_str(),
                                    nullptr) != 1) {
    std::fprintf(stderr, "tls_crowd: no roots in %s\n", argv[1]);
    return 2;
  }
  Outcome outcome = run(options, context.get());
  print(outcome);
  return outcome.failed == 0 ? 0 : 1;
}
