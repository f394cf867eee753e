// SPDX-License-Identifier: BSD-2-Clause
// Programs that the operator names, run to their end.
#pragma once

#include <chrono>
#include <stop_token>
#include <string>
#include <vector>

namespace acme {

struct ProgramCall {
  std::string path;
  std::vector<std::string> arguments;  ///< without the program's name
  std::chrono::milliseconds time_limit;
  std::string input = {};  ///< what it reads from its standard input
  /// "NAME=value", besides what every program has.
  std::vector<std::string> environment = {};
  /// How long it may go on once a stop was requested.
  std::chrono::milliseconds grace{0};
  /// What it leaves running in its process group ends with it.
  bool ends_group = false;
};

struct ProgramResult {
  enum class End {
    kExited,      ///< code: its exit status
    kKilled,      ///< code: the signal
    kTimedOut,    ///< and was killed, with all processes of its group
    kNotStarted,  ///< code: errno
  };
  End end = End::kNotStarted;
  int code = 0;
  /// What it wrote to its standard output and error, made printable. Long lines
  /// are cut, empty ones left out; of many the first and the last are kept,
  /// with a line between them that says so.
  std::vector<std::string> output;

  [[nodiscard]] bool succeeded() const noexcept {
    return end == End::kExited && code == 0;
  }
};

/// Runs a program without a shell and waits for it: in a session and process
/// group of its own, with nothing of this process but its user, limits and
/// priority. It has its input and no other file, the folder "/", umask 077, all
/// signals as usual, and of the environment PATH, HOME and LANG. Nothing of it
/// is left when this process dies meanwhile. Processes that outlive a program
/// which has ended are not waited for, and left alone unless the call says
/// otherwise.
///
/// Nobody else's waitpid(-1) takes the result, and SIGCHLD is not sent.
///
/// Throws Error(kStopped) when stop was requested, after killing the group, and
/// Error(kOurs) when the system has no room for another process.
[[nodiscard]] ProgramResult run_program(const ProgramCall& call,
                                        std::stop_token stop);

/// How it ended, as the predicate of a sentence: "ended with status 1".
[[nodiscard]] std::string describe_end(const ProgramResult& result,
                                       std::chrono::milliseconds time_limit);

/// It could not be started for want of something that the system may have
/// later, in contrast to a wrong path or mode.
[[nodiscard]] bool is_shortage(const ProgramResult& result) noexcept;

}  // namespace acme
