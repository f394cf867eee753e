// SPDX-License-Identifier: BSD-2-Clause
// The real redis-server and redis-sentinel, on loopback ports and in a
// directory of their own.
#pragma once

#include <sys/types.h>

#include <condition_variable>
#include <cstdint>
#include <initializer_list>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "acme_core/fleet/redis_connection.h"
#include "acme_core/fleet/redis_options.h"
#include "tests/support/temporary_directory.h"

namespace acme {

/// Of a tree at these servers, or Sentinels: it waits longer than any answer
/// takes on a busy machine.
[[nodiscard]] RedisOptions redis_options(std::vector<std::string> urls);

class RedisServer {
 public:
  using Lines = std::vector<std::string>;

  /// Why tests of it are skipped; empty: they are not.
  [[nodiscard]] static std::string missing();
  /// A port that nobody has at the moment.
  [[nodiscard]] static std::string free_port();

  /// With these lines in its configuration. Starts it, and returns when it
  /// takes connections.
  explicit RedisServer(Lines configuration = {});
  /// A Sentinel: one of those that watch `master` as "fleet", and agree by two
  /// when it is down.
  struct SentinelOf {
    const RedisServer& master;
  };
  explicit RedisServer(SentinelOf watched);
  ~RedisServer();
  RedisServer(const RedisServer&) = delete;
  RedisServer& operator=(const RedisServer&) = delete;

  [[nodiscard]] const std::string& port() const noexcept { return port_; }
  [[nodiscard]] std::string url() const { return "redis://127.0.0.1:" + port_; }
  /// Of a tree there.
  [[nodiscard]] RedisOptions options() const { return redis_options({url()}); }

  /// Ends it, with all that it has not saved.
  void kill();
  /// Once more, at the same port and with what it has saved.
  void start();
  /// It answers nothing until resume().
  void pause() const;
  void resume() const;

  /// Blocks until it has written so many lines with this text since it was
  /// started.
  void wait_for_line(std::string_view text, std::size_t count = 1);

  /// What it answers to a command of an administrator.
  RedisReply ask(std::initializer_list<std::string_view> command) const;

 private:
  RedisServer(std::string program, Lines configuration, std::string ready);

  [[nodiscard]] bool try_start();
  void write_configuration() const;
  void read_output(int pipe);
  [[nodiscard]] bool has_line(std::string_view text, std::size_t count) const;

  const std::string program_;
  const Lines configuration_;
  const std::string ready_;  ///< what it says then
  std::string port_;
  TemporaryDirectory directory_;
  pid_t process_ = -1;
  std::mutex mutex_;  ///< guards what follows
  std::condition_variable changed_;
  Lines lines_;
  bool has_ended_ = false;
  std::jthread reader_;
};

}  // namespace acme
