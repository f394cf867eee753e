// SPDX-License-Identifier: BSD-2-Clause
// Questions to the person at the terminal.
#include "acmectl/ask.h"

#include <iostream>

#include "acme_core/ascii.h"
#include "acmectl/refusal.h"

namespace acmectl {

std::string ask(const Context& context, const std::string& question) {
  context.screen.err << question << ' ' << std::flush;
  std::string line;
  std::getline(std::cin, line);
  const std::size_t begin = line.find_first_not_of(" \t\r");
  return begin == std::string::npos
             ? std::string()
             : line.substr(begin, line.find_last_not_of(" \t\r") - begin + 1);
}

void confirm(const Context& context, const std::string& question, bool yes) {
  if (yes) {
    return;
  }
  if (!context.can_ask) {
    throw Refusal(kUsage, "nobody can be asked here: add --yes");
  }
  const std::string answer = acme::lowered(ask(context, question + " [y/N]"));
  if (answer != "y" && answer != "yes") {
    throw Refusal(kFailed, "nothing was done");
  }
}

}  // namespace acmectl
