// SPDX-License-Identifier: BSD-2-Clause
// Questions to the person at the terminal.
#pragma once

#include <string>

#include "acmectl/context.h"

namespace acmectl {

/// What is typed until the line's end, without blanks around it; "" at the end
/// of the input. Only where Context::can_ask.
[[nodiscard]] std::string ask(const Context& context,
                              const std::string& question);

/// Returns when the answer is "y" or "yes", or `yes` was given on the command
/// line (--yes). Throws Refusal otherwise, and when nobody can be asked.
void confirm(const Context& context, const std::string& question, bool yes);

}  // namespace acmectl
