// SPDX-License-Identifier: BSD-2-Clause
// What another program prints, whole. (acme::run_program() keeps lines for a
// log.)
#pragma once

#include <chrono>
#include <string>
#include <vector>

namespace acmectl {

struct ProgramOutput {
  bool started = false;
  bool timed_out = false;  ///< and was killed
  int status = -1;         ///< exit status; -1: it did not exit by itself
  std::string out;         ///< at most 64 MiB; what is more is not kept
  std::string err;         ///< at most 64 KiB

  [[nodiscard]] bool succeeded() const noexcept {
    return started && !timed_out && status == 0;
  }
};

/// Looks for the program in PATH, and in the folders of system programs; it has
/// no input.
[[nodiscard]] ProgramOutput read_program(
    const std::vector<std::string>& command,
    std::chrono::milliseconds time_limit = std::chrono::seconds(30));

}  // namespace acmectl
