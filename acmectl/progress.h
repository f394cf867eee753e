// SPDX-License-Identifier: BSD-2-Clause
// How far long work has come, in one line of a terminal that is drawn again.
// Where there is no terminal, there is nothing.
#pragma once

#include <chrono>
#include <cstddef>
#include <ostream>
#include <string>

namespace acmectl {

class Progress {
 public:
  /// `out` outlives the object; a line of its own on standard error.
  Progress(std::ostream& out, bool is_terminal)
      : out_(out), is_terminal_(is_terminal) {}
  ~Progress() { clear(); }
  Progress(const Progress&) = delete;
  Progress& operator=(const Progress&) = delete;

  /// At most ten times a second.
  void show(const std::string& what, std::size_t done, std::size_t all);

  /// In front of other words on the terminal.
  void clear();

 private:
  std::ostream& out_;
  const bool is_terminal_;
  bool is_shown_ = false;
  std::chrono::steady_clock::time_point shown_at_;
};

}  // namespace acmectl
