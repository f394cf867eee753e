// SPDX-License-Identifier: BSD-2-Clause
// One stream of etcd's watch: an answer that goes on for as long as it is kept,
// a message a line.
#pragma once

#include <chrono>
#include <condition_variable>
#include <deque>
#include <mutex>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>
#include <thread>

#include "acme_core/env/background_thread.h"
#include "acme_core/error.h"
#include "acme_core/fleet/etcd_messages.h"
#include "acme_core/net/http_client.h"

namespace acme {

/// A thread of its own sends the request; lines are kept until they are asked
/// for, up to a limit that ends the stream. The client outlives it.
class EtcdWatch {
 public:
  using Clock = std::chrono::steady_clock;

  EtcdWatch(HttpClient& http, HttpRequest request,
            const ThreadStarter& start_thread);
  /// Ends the stream.
  ~EtcdWatch() = default;
  EtcdWatch(const EtcdWatch&) = delete;
  EtcdWatch& operator=(const EtcdWatch&) = delete;

  /// The next line; nullopt: none came until then. Throws why the stream has
  /// ended, once all lines were given away, and Error(kStopped).
  [[nodiscard]] std::optional<EtcdReply> next(Clock::time_point until,
                                              const std::stop_token& stop);

  [[nodiscard]] Clock::time_point opened() const noexcept { return opened_; }
  /// When the last line came.
  [[nodiscard]] Clock::time_point heard() const;

 private:
  void run(HttpClient& http, const HttpRequest& request,
           const std::stop_token& stop);
  [[nodiscard]] bool take(std::string_view piece);
  void keep_line(int status);

  const Clock::time_point opened_ = Clock::now();
  mutable std::mutex mutex_;  ///< guards what follows
  std::condition_variable_any changed_;
  std::deque<EtcdReply> lines_;
  std::string beginning_;  ///< of a line
  std::size_t kept_ = 0;   ///< bytes of both
  Clock::time_point heard_ = opened_;
  std::optional<Error> end_;
  std::jthread thread_;  ///< last: joined before the rest goes
};

}  // namespace acme
