// SPDX-License-Identifier: BSD-2-Clause
// Ctrl-C as a stop token: work ends between two steps, with nothing half done.
#pragma once

#include <memory>
#include <stop_token>

namespace acmectl {

/// While it lives, SIGINT, SIGTERM and SIGHUP request a stop; the second of
/// them ends the process as usual. Make it before other threads: they inherit
/// that the signals are blocked.
class Interrupt {
 public:
  Interrupt();
  ~Interrupt();
  Interrupt(const Interrupt&) = delete;
  Interrupt& operator=(const Interrupt&) = delete;

  [[nodiscard]] std::stop_token token() const noexcept;

 private:
  class Watch;
  std::unique_ptr<Watch> watch_;
};

}  // namespace acmectl
