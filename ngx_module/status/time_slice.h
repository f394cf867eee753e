// SPDX-License-Identifier: BSD-2-Clause
// How long a worker may go on with one thing before it looks after others.
#pragma once

#include <chrono>

namespace ngx_acme {

class TimeSlice {
 public:
  [[nodiscard]] bool is_over() const noexcept { return elapsed() >= kLength; }
  [[nodiscard]] std::chrono::microseconds elapsed() const noexcept {
    return std::chrono::duration_cast<std::chrono::microseconds>(
        std::chrono::steady_clock::now() - began_);
  }

 private:
  static constexpr std::chrono::milliseconds kLength{2};

  std::chrono::steady_clock::time_point began_ =
      std::chrono::steady_clock::now();
};

}  // namespace ngx_acme
