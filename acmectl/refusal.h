// SPDX-License-Identifier: BSD-2-Clause
// The exception of acmectl: ends the command with words for a person and an
// exit status. main() catches it.
#pragma once

#include <stdexcept>
#include <string>

#include "acmectl/exit_codes.h"

namespace acmectl {

class Refusal : public std::runtime_error {
 public:
  Refusal(ExitCode code, const std::string& words)
      : std::runtime_error(words), code_(code) {}

  [[nodiscard]] ExitCode code() const noexcept { return code_; }

 private:
  ExitCode code_;
};

}  // namespace acmectl
