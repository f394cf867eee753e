// SPDX-License-Identifier: BSD-2-Clause
// A child process, and a thread that reads what it says.
#include "tests/support/redis_server.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <csignal>
#include <fstream>
#include <stdexcept>
#include <utility>

#include "acme_core/env/clock.h"
#include "acme_core/env/descriptor.h"
#include "acme_core/env/random.h"

namespace acme {
namespace {

using namespace std::chrono_literals;

constexpr const char* kRedisServer = "/usr/bin/redis-server";
constexpr const char* kRedisSentinel = "/usr/bin/redis-sentinel";
// For what takes long on a busy machine.
constexpr auto kRedisPatience = 60s;

}  // namespace

RedisOptions redis_options(std::vector<std::string> urls) {
  RedisOptions options;
  options.urls = std::move(urls);
  options.prefix = "test:";
  options.timeout = 20s;
  options.lapse_interval = 100ms;
  return options;
}

std::string RedisServer::missing() {
  return access(kRedisServer, X_OK) == 0 && access(kRedisSentinel, X_OK) == 0
             ? ""
             : "redis-server or redis-sentinel is not installed";
}

// Below those that the system gives to connections: one must be free again
// after a restart.
std::string RedisServer::free_port() {
  SystemRandom random;
  for (;;) {
    const auto port = static_cast<std::uint16_t>(20'000 + random.below(12'000));
    const Descriptor probe(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    address.sin_port = htons(port);
    if (bind(probe.get(), reinterpret_cast<const sockaddr*>(&address),
             sizeof(address)) == 0) {
      return std::to_string(port);
    }
  }
}

RedisServer::RedisServer(Lines configuration)
    : RedisServer(kRedisServer, std::move(configuration),
                  "Ready to accept connections") {}

RedisServer::RedisServer(SentinelOf watched)
    : RedisServer(
          kRedisSentinel,
          {"sentinel monitor fleet 127.0.0.1 " + watched.master.port() + " 2",
           "sentinel down-after-milliseconds fleet 1000",
           "sentinel failover-timeout fleet 10000"},
          "+monitor master fleet") {}

RedisServer::RedisServer(std::string program, Lines configuration,
                         std::string ready)
    : program_(std::move(program)),
      configuration_(std::move(configuration)),
      ready_(std::move(ready)) {
  do {
    port_ = free_port();
    write_configuration();
  } while (!try_start());  // somebody was faster
}

RedisServer::~RedisServer() { kill(); }

void RedisServer::write_configuration() const {
  std::ofstream file(directory_.path() / "redis.conf");
  file << "bind 127.0.0.1\nport " << port_ << "\ndir "
       << directory_.path().string() << "\nlogfile \"\"\n";
  if (program_ == kRedisServer) {
    file << "save \"\"\nrepl-diskless-sync-delay 0\n";
  }
  for (const std::string& line : configuration_) {
    file << line << '\n';
  }
}

bool RedisServer::try_start() {
  std::array<int, 2> ends{};
  if (pipe2(ends.data(), O_CLOEXEC) != 0) {
    throw std::runtime_error("pipe2");
  }
  const std::string file = directory_.path() / "redis.conf";
  const pid_t parent = getpid();
  process_ = fork();
  if (process_ == 0) {
    // Dies with the test, however that ends.
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (getppid() == parent && dup2(ends[1], STDOUT_FILENO) >= 0) {
      execl(program_.c_str(), program_.c_str(), file.c_str(),
            static_cast<char*>(nullptr));
    }
    _exit(127);
  }
  close(ends[1]);
  lines_.clear();
  has_ended_ = false;
  reader_ = std::jthread([this, pipe = ends[0]] { read_output(pipe); });
  std::unique_lock lock(mutex_);
  if (!changed_.wait_for(lock, kRedisPatience, [this] {
        return has_ended_ || has_line(ready_, 1);
      })) {
    throw std::runtime_error(program_ + " does not start");
  }
  const bool is_ready = !has_ended_;
  const bool port_is_taken = has_line("Address already in use", 1);
  const std::string last = lines_.empty() ? "" : lines_.back();
  lock.unlock();
  if (!is_ready) {
    kill();
    if (!port_is_taken) {
      throw std::runtime_error(program_ + " has ended: " + last);
    }
  }
  return is_ready;
}

void RedisServer::start() {
  if (!try_start()) {
    throw std::runtime_error("somebody has taken port " + port_);
  }
}

void RedisServer::kill() {
  if (process_ > 0) {
    ::kill(process_, SIGKILL);
    waitpid(process_, nullptr, 0);
    process_ = -1;
  }
  if (reader_.joinable()) {
    reader_.join();
  }
}

void RedisServer::pause() const {
  ::kill(process_, SIGSTOP);
  int status = 0;
  waitpid(process_, &status, WUNTRACED);
}

void RedisServer::resume() const { ::kill(process_, SIGCONT); }

void RedisServer::read_output(int pipe) {
  const Descriptor output(pipe);
  std::string line;
  std::array<char, 4096> buffer{};
  for (;;) {
    const ssize_t count = read(output.get(), buffer.data(), buffer.size());
    const std::lock_guard guard(mutex_);
    for (ssize_t i = 0; i < count; ++i) {
      const char c = buffer[static_cast<std::size_t>(i)];
      if (c == '\n') {
        lines_.push_back(std::exchange(line, {}));
      } else {
        line += c;
      }
    }
    has_ended_ = count <= 0;
    changed_.notify_all();
    if (has_ended_) {
      return;
    }
  }
}

bool RedisServer::has_line(std::string_view text, std::size_t count) const {
  return static_cast<std::size_t>(std::count_if(
             lines_.begin(), lines_.end(), [text](const std::string& line) {
               return line.find(text) != std::string::npos;
             })) >= count;
}

void RedisServer::wait_for_line(std::string_view text, std::size_t count) {
  std::unique_lock lock(mutex_);
  if (!changed_.wait_for(lock, kRedisPatience,
                         [&] { return has_line(text, count); })) {
    throw std::runtime_error("it does not say " + std::string(text));
  }
}

RedisReply RedisServer::ask(
    std::initializer_list<std::string_view> command) const {
  const SystemClock clock;
  HostResolver resolver({.servers = {}}, clock);
  const IoWait wait(kRedisPatience, {});
  RedisConnection connection(ByteStream({"127.0.0.1", port_}, resolver, wait),
                             url());
  return connection.require(command, wait);
}

}  // namespace acme
