// SPDX-License-Identifier: BSD-2-Clause
// How long to wait for descriptors: one deadline for a whole exchange, however
// its bytes trickle, and a request to stop that ends it at once.
#pragma once

#include <poll.h>
#include <sys/eventfd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <cstdint>
#include <optional>
#include <stop_token>
#include <string>
#include <system_error>
#include <utility>

#include "acme_core/env/descriptor.h"
#include "acme_core/error.h"

namespace acme {

class IoWait {
 public:
  using Duration = std::chrono::milliseconds;

  /// Throws Error(kOurs) when this process has no descriptor left.
  IoWait(Duration longest, std::stop_token stop)
      : longest_(std::clamp(longest, Duration::zero(), kEver)),
        deadline_(std::chrono::steady_clock::now() + longest_),
        stop_(std::move(stop)) {
    if (!stop_.stop_possible()) {
      return;
    }
    stopping_ = Descriptor(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
    if (!stopping_) {
      throw Error(ErrorKind::kOurs,
                  "eventfd: " + std::generic_category().message(errno));
    }
    on_stop_.emplace(stop_, Wake{stopping_.get()});
  }

  /// For a part of it: an equal share of what is left for each of `parts`.
  [[nodiscard]] IoWait share(std::size_t parts) const {
    return {left() / static_cast<Duration::rep>(parts), stop_};
  }

  [[nodiscard]] Duration left() const {
    return std::max(Duration::zero(),
                    std::chrono::ceil<Duration>(
                        deadline_ - std::chrono::steady_clock::now()));
  }

  [[nodiscard]] const std::stop_token& stop() const noexcept { return stop_; }

  /// Returns when the descriptor has one of poll()'s `events`, or an error to
  /// tell. Throws Error: kUnavailable when the time is over, kStopped.
  void until_ready(int descriptor, short events) const {
    for (;;) {
      if (stop_.stop_requested()) {
        throw Error(ErrorKind::kStopped, "stopping");
      }
      const Duration patience = left();
      if (patience == Duration::zero()) {
        throw Error(
            ErrorKind::kUnavailable,
            "no answer within " + std::to_string(longest_.count()) + " ms");
      }
      std::array<pollfd, 2> polled{
          {{descriptor, events, 0}, {stopping_.get(), POLLIN, 0}}};
      if (poll(polled.data(), polled.size(),
               static_cast<int>(patience.count())) > 0 &&
          polled[1].revents == 0) {
        return;
      }
    }
  }

 private:
  struct Wake {
    int descriptor;
    void operator()() const noexcept {
      static_cast<void>(eventfd_write(descriptor, 1));
    }
  };

  // What poll() can count.
  static constexpr Duration kEver = std::chrono::hours(24);

  const Duration longest_;
  const std::chrono::steady_clock::time_point deadline_;
  const std::stop_token stop_;
  Descriptor stopping_;  ///< none: nobody can ask to stop
  std::optional<std::stop_callback<Wake>> on_stop_;
};

}  // namespace acme
