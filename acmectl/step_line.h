// SPDX-License-Identifier: BSD-2-Clause
// How far something is: one line that changes on a terminal, a line for each
// step elsewhere. On standard error.
#pragma once

#include <string>
#include <string_view>

#include "acmectl/context.h"

namespace acmectl {

class StepLine {
 public:
  /// `screen` outlives it.
  explicit StepLine(const Screen& screen) : screen_(screen) {}
  ~StepLine() { end(); }
  StepLine(const StepLine&) = delete;
  StepLine& operator=(const StepLine&) = delete;

  /// Nothing when it is what was shown last. `words` are printable.
  void show(std::string_view words);

  /// Takes the line away from a terminal.
  void end();

 private:
  const Screen& screen_;
  std::string shown_;
};

}  // namespace acmectl
