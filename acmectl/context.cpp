// SPDX-License-Identifier: BSD-2-Clause
// What every command of acmectl is given.
#include "acmectl/context.h"

#include <sys/ioctl.h>
#include <unistd.h>

#include <cstdlib>

namespace acmectl {
namespace {

constexpr unsigned kUsualWidth = 80;
constexpr unsigned kLeastWidth = 20;

bool is_set(const char* variable) {
  const char* value = std::getenv(variable);
  return value != nullptr && *value != '\0';
}

bool is_dumb() {
  const char* terminal = std::getenv("TERM");
  return terminal == nullptr || std::string(terminal) == "dumb";
}

}  // namespace

unsigned terminal_width() noexcept {
  winsize size{};
  if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) != 0 || size.ws_col == 0) {
    return kUsualWidth;
  }
  return size.ws_col < kLeastWidth ? kLeastWidth : size.ws_col;
}

Context make_context() {
  Context context;
  Screen& screen = context.screen;
  screen.is_terminal = isatty(STDOUT_FILENO) == 1;
  // https://no-color.org
  screen.has_colours = screen.is_terminal && !is_set("NO_COLOR") && !is_dumb();
  if (screen.is_terminal) {
    screen.width = terminal_width();
  }
  context.can_ask = isatty(STDIN_FILENO) == 1 && isatty(STDERR_FILENO) == 1;
  if (const char* server = std::getenv("ACMECTL_ENDPOINT")) {
    context.endpoint.server = server;
  }
  return context;
}

}  // namespace acmectl
