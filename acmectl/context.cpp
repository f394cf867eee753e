// SPDX-License-Identifier: BSD-2-Clause
// What every command of acmectl is given.
#include "acmectl/context.h"

#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>

namespace acmectl {
namespace {

constexpr unsigned kLeastColumns = 20;
constexpr unsigned kLeastRows = 4;

bool is_set(const char* variable) {
  const char* value = std::getenv(variable);
  return value != nullptr && *value != '\0';
}

bool is_dumb() {
  const char* terminal = std::getenv("TERM");
  return terminal == nullptr || std::string(terminal) == "dumb";
}

}  // namespace

TerminalSize terminal_size() noexcept {
  winsize size{};
  if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) != 0 || size.ws_col == 0 ||
      size.ws_row == 0) {
    return {};
  }
  return {std::max<unsigned>(size.ws_col, kLeastColumns),
          std::max<unsigned>(size.ws_row, kLeastRows)};
}

Context make_context() {
  Context context;
  Screen& screen = context.screen;
  screen.is_terminal = isatty(STDOUT_FILENO) == 1;
  // https://no-color.org
  screen.has_colours = screen.is_terminal && !is_set("NO_COLOR") && !is_dumb();
  screen.err_is_terminal = isatty(STDERR_FILENO) == 1;
  if (screen.is_terminal) {
    screen.width = terminal_size().columns;
  }
  context.can_ask = isatty(STDIN_FILENO) == 1 && screen.err_is_terminal;
  if (const char* server = std::getenv("ACMECTL_ENDPOINT")) {
    context.endpoint.server = server;
  }
  return context;
}

}  // namespace acmectl
