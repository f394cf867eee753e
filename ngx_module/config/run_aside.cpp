// SPDX-License-Identifier: BSD-2-Clause
// Work with a key that leaves nothing in this process.
#include "ngx_module/config/run_aside.h"

#include <fcntl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <exception>
#include <utility>

#include "acme_core/env/descriptor.h"
#include "acme_core/env/signal_block.h"

namespace ngx_acme {
namespace {

using Work = std::function<std::optional<acme::SecretBytes>()>;

// Less than a pipe holds: the child never waits for its reader.
constexpr std::size_t kMost = std::size_t{64} << 10;

std::optional<acme::SecretBytes> run_here(const Work& work) {
  try {
    return work();
  } catch (const std::exception&) {
    return std::nullopt;
  }
}

// nginx would take a child that ends with SIGCHLD for one of its own.
pid_t fork_silently() {
  return static_cast<pid_t>(
      syscall(SYS_clone, 0UL, nullptr, nullptr, nullptr, nullptr));
}

[[noreturn]] void run_as_child(const Work& work, const acme::Descriptor& out) {
  const auto result = run_here(work);
  if (!result || result->size() > kMost) {
    _exit(1);
  }
  const ssize_t written = ::write(out.get(), result->data(), result->size());
  _exit(written == static_cast<ssize_t>(result->size()) ? 0 : 1);
}

acme::SecretBytes read_all(const acme::Descriptor& in) {
  acme::SecretBytes bytes(kMost);
  std::size_t size = 0;
  while (size < bytes.size()) {
    const ssize_t count =
        ::read(in.get(), bytes.data() + size, bytes.size() - size);
    if (count == 0 || (count < 0 && errno != EINTR)) {
      break;
    }
    size += count > 0 ? static_cast<std::size_t>(count) : 0;
  }
  bytes.resize(size);
  return bytes;
}

}  // namespace

std::optional<acme::SecretBytes> run_aside(const Work& work) {
  std::array<int, 2> ends{};
  if (pipe2(ends.data(), O_CLOEXEC) != 0) {
    return run_here(work);
  }
  const acme::Descriptor in(ends[0]);
  acme::Descriptor out(ends[1]);
  pid_t child = -1;
  {
    // The child has the master's handlers, and must not act as one.
    const acme::SignalBlock blocked;
    child = fork_silently();
    if (child == 0) {
      run_as_child(work, out);
    }
  }
  if (child < 0) {
    return run_here(work);
  }
  out = acme::Descriptor();
  acme::SecretBytes result = read_all(in);
  int status = 0;
  while (waitpid(child, &status, __WALL) < 0 && errno == EINTR) {
  }
  return WIFEXITED(status) && WEXITSTATUS(status) == 0
             ? std::optional(std::move(result))
             : std::nullopt;
}

}  // namespace ngx_acme
