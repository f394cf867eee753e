// SPDX-License-Identifier: BSD-2-Clause
// Which process it was, beyond the reuse of its number.
#include "ngx_module/shared/process_mark.h"

#include <fcntl.h>
#include <signal.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <charconv>
#include <cstdio>
#include <string_view>

#include "acme_core/env/descriptor.h"

namespace ngx_acme {
namespace {

struct Stat {
  char state = 0;  ///< 0: it cannot be read
  std::uint64_t started = 0;
};

// Of /proc/PID/stat, see proc(5): the second field, in brackets, may have
// anything in it.
Stat parse(std::string_view text) noexcept {
  const std::size_t name_end = text.rfind(')');
  if (name_end == std::string_view::npos || name_end + 2 >= text.size()) {
    return {};
  }
  text.remove_prefix(name_end + 2);
  Stat found{.state = text.front()};
  constexpr int kFieldsBetween = 22 - 3;
  for (int i = 0; i < kFieldsBetween; ++i) {
    const std::size_t space = text.find(' ');
    if (space == std::string_view::npos) {
      return {};
    }
    text.remove_prefix(space + 1);
  }
  std::from_chars(text.data(), text.data() + text.size(), found.started);
  return found;
}

Stat stat_of(std::int64_t pid) noexcept {
  std::array<char, 32> path{};
  static_cast<void>(std::snprintf(path.data(), path.size(), "/proc/%lld/stat",
                                  static_cast<long long>(pid)));
  const acme::Descriptor file(open(path.data(), O_RDONLY | O_CLOEXEC));
  std::array<char, 1024> text;
  const ssize_t size =
      file ? read(file.get(), text.data(), text.size()) : ssize_t{-1};
  return size <= 0 ? Stat{}
                   : parse({text.data(), static_cast<std::size_t>(size)});
}

}  // namespace

ProcessMark own_mark() noexcept {
  const std::int64_t pid = getpid();
  return {pid, stat_of(pid).started};
}

bool is_running(const ProcessMark& process) noexcept {
  if (process.pid <= 0 ||
      (kill(static_cast<pid_t>(process.pid), 0) != 0 && errno == ESRCH)) {
    return false;
  }
  // A system may hide the processes of others.
  const Stat stat = stat_of(process.pid);
  return stat.state == 0 || process.started == 0 ||
         (stat.state != 'Z' && stat.state != 'X' &&
          stat.started == process.started);
}

}  // namespace ngx_acme
