// SPDX-License-Identifier: BSD-2-Clause
// Programs that the operator names, run to their end.
//
// A process of our own stands between us and the program: the supervisor. It is
// a copy of this process that never calls execve(), so that its end is
// announced by no signal, and waitpid(-1), which nginx's handler of SIGCHLD
// calls, does not see it (clone(2), __WCLONE; execve() would reset that). It
// waits for the program, says through a pipe how it ended, and kills it when we
// die. Its id is that of the program's group: as long as it was not waited for,
// no other group can have it.
#include "acme_core/env/child_process.h"

#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdlib>
#include <optional>
#include <string_view>
#include <system_error>
#include <utility>

#include "acme_core/env/descriptor.h"
#include "acme_core/env/output_lines.h"
#include "acme_core/env/signal_block.h"
#include "acme_core/error.h"

namespace acme {
namespace {

using SteadyTime = std::chrono::steady_clock::time_point;

// Of a pipe, unless somebody has changed it: what a program can have written
// before it ended.
constexpr std::size_t kPipeCapacity = std::size_t{64} << 10;

// What the supervisor, or a program that could not be one, says.
struct Report {
  enum class About : int { kNotStarted, kEnded };
  About about = About::kNotStarted;
  int value = 0;  // errno, or the status of waitpid()
};

// Made before there is a second process, in which nothing can be allocated:
// another thread may have held the allocator's lock.
struct Launch {
  const char* path;
  char* const* arguments;
  char* const* environment;
  int input;
  int output;
  int report;
  pid_t parent;
};

// From here to the next comment of this kind, all runs in the new processes and
// calls nothing but what is safe in a signal handler (signal-safety(7)).
// Descriptors are changed by system calls proper: ThreadSanitizer would take
// what the C library does for a race with threads that exist no more.

constexpr int kReport = 3;
constexpr int kFirstForeign = kReport + 1;

void say(Report report) noexcept {
  while (syscall(SYS_write, kReport, &report, sizeof(report)) < 0 &&
         errno == EINTR) {
  }
}

void close_foreign_descriptors() noexcept {
  if (close_range(kFirstForeign, ~0U, 0) == 0) {
    return;
  }
  // Linux before 5.9.
  constexpr rlim_t kMost = 1U << 20U;
  rlimit limit{};
  getrlimit(RLIMIT_NOFILE, &limit);
  const int end = static_cast<int>(std::min(limit.rlim_cur, kMost));
  for (int fd = kFirstForeign; fd < end; ++fd) {
    syscall(SYS_close, fd);
  }
}

// Standard streams, the report, and nothing else: not the lock of a state
// directory, not a connection to the CA.
bool arrange_descriptors(const Launch& launch) noexcept {
  // First out of the way of those that they become.
  const int input = fcntl(launch.input, F_DUPFD, kFirstForeign);
  const int output = fcntl(launch.output, F_DUPFD, kFirstForeign);
  const int report = fcntl(launch.report, F_DUPFD, kFirstForeign);
  if (syscall(SYS_dup3, input, STDIN_FILENO, 0) < 0 ||
      syscall(SYS_dup3, output, STDOUT_FILENO, 0) < 0 ||
      syscall(SYS_dup3, output, STDERR_FILENO, 0) < 0 ||
      syscall(SYS_dup3, report, kReport, O_CLOEXEC) < 0) {
    return false;
  }
  close_foreign_descriptors();
  return true;
}

// execve() resets handlers, but what nginx ignores would stay ignored.
void reset_signal_actions() noexcept {
  for (int number = 1; number <= SIGRTMAX; ++number) {
    signal(number, SIG_DFL);  // fails for some, which is fine
  }
}

[[noreturn]] void become_program(const Launch& launch) noexcept {
  sigset_t none;
  sigemptyset(&none);
  sigprocmask(SIG_SETMASK, &none, nullptr);
  execve(launch.path, launch.arguments, launch.environment);
  say({Report::About::kNotStarted, errno});
  _exit(127);
}

// All signals are blocked.
[[noreturn]] void supervise(const Launch& launch) noexcept {
  if (prctl(PR_SET_PDEATHSIG, SIGHUP) != 0 || setsid() < 0 ||
      !arrange_descriptors(launch)) {
    _exit(errno);
  }
  reset_signal_actions();
  umask(S_IRWXG | S_IRWXO);
  const bool is_in_root = chdir("/") == 0;
  const pid_t program = is_in_root ? _Fork() : -1;
  if (program < 0) {
    _exit(errno);
  }
  if (program == 0) {
    become_program(launch);
  }
  // The end of the output is the end of those who write it.
  syscall(SYS_close, STDOUT_FILENO);
  syscall(SYS_close, STDERR_FILENO);

  sigset_t awaited;
  sigemptyset(&awaited);
  sigaddset(&awaited, SIGCHLD);
  sigaddset(&awaited, SIGHUP);
  for (;;) {
    int status = 0;
    if (waitpid(program, &status, WNOHANG) == program) {
      say({Report::About::kEnded, status});
      _exit(0);
    }
    if (getppid() != launch.parent) {
      kill(0, SIGKILL);  // the group, with the supervisor
    }
    sigwaitinfo(&awaited, nullptr);
  }
}

// From here on, all runs in this process again.

std::string system_message(int code) {
  return std::system_category().message(code);
}

[[noreturn]] void throw_no_room(const ProgramCall& call, int code) {
  throw Error(ErrorKind::kOurs,
              "cannot run \"" + call.path + "\": " + system_message(code));
}

[[noreturn]] void throw_stopped(const ProgramCall& call) {
  throw Error(ErrorKind::kStopped, "stopped while \"" + call.path + "\" ran");
}

struct Pipe {
  Descriptor read_end;
  Descriptor write_end;
};

Pipe make_pipe(const ProgramCall& call) {
  std::array<int, 2> ends{};
  if (pipe2(ends.data(), O_CLOEXEC) != 0) {
    throw_no_room(call, errno);
  }
  Pipe pipe{Descriptor(ends[0]), Descriptor(ends[1])};
  if (fcntl(ends[0], F_SETFL, O_NONBLOCK) != 0) {
    throw_no_room(call, errno);
  }
  return pipe;
}

Descriptor require(const ProgramCall& call, int fd) {
  if (fd < 0) {
    throw_no_room(call, errno);
  }
  return Descriptor(fd);
}

// A file without a name, which the program reads when it likes, or does not:
// nobody waits for it, as with a pipe.
Descriptor input_file(const ProgramCall& call) {
  if (call.input.empty()) {
    return require(call, open("/dev/null", O_RDONLY | O_CLOEXEC));
  }
  Descriptor file = require(call, memfd_create("input", MFD_CLOEXEC));
  for (std::string_view rest = call.input; !rest.empty();) {
    const ssize_t count = write(file.get(), rest.data(), rest.size());
    if (count < 0 && errno != EINTR) {
      throw_no_room(call, errno);
    }
    rest.remove_prefix(count > 0 ? static_cast<std::size_t>(count) : 0);
  }
  if (lseek(file.get(), 0, SEEK_SET) != 0) {
    throw_no_room(call, errno);
  }
  return file;
}

// nginx empties its environment, but for what "env" names.
std::vector<std::string> program_environment(const ProgramCall& call) {
  std::vector<std::string> environment = call.environment;
  const auto inherit = [&environment](const std::string& name,
                                      const char* otherwise) {
    // Nobody here changes the environment while threads run.
    const char* own = getenv(name.c_str());  // NOLINT(concurrency-mt-unsafe)
    const char* value = own != nullptr ? own : otherwise;
    if (value != nullptr) {
      environment.push_back(name + "=" + value);
    }
  };
  inherit("PATH",
          "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin");
  inherit("HOME", nullptr);
  inherit("LANG", nullptr);
  return environment;
}

// As execve() wants it; `strings` outlive the result.
std::vector<char*> pointers_to(std::vector<std::string>& strings) {
  std::vector<char*> pointers;
  pointers.reserve(strings.size() + 1);
  for (std::string& string : strings) {
    pointers.push_back(string.data());
  }
  pointers.push_back(nullptr);
  return pointers;
}

// The supervisor's process and, through it, the program's group. Unless it was
// waited for, the destructor kills them.
class Supervisor {
 public:
  Supervisor(const ProgramCall& call, const Launch& launch) {
    // Without a signal handler of ours in the new process.
    const SignalBlock blocked;
    // clone() with no flags and no signal.
    long result = syscall(SYS_clone, 0L, 0L, 0L, 0L, 0L);
    if (result < 0 && errno == EINVAL) {
      // qemu-user knows processes that end by SIGCHLD only.
      result = syscall(SYS_clone, static_cast<long>(SIGCHLD), 0L, 0L, 0L, 0L);
    }
    if (result == 0) {
      supervise(launch);
    }
    if (result < 0) {
      throw_no_room(call, errno);
    }
    pid_ = static_cast<pid_t>(result);
  }
  ~Supervisor() {
    if (!is_reaped_) {
      kill_all();
      static_cast<void>(wait());
    }
  }
  Supervisor(const Supervisor&) = delete;
  Supervisor& operator=(const Supervisor&) = delete;

  // The supervisor first: once that has returned it starts nothing more, and
  // what it has started is in its group, if there is one yet.
  void kill_all() const noexcept {
    kill(pid_, SIGKILL);
    kill(-pid_, SIGKILL);
  }

  // Its status.
  int wait() noexcept {
    int status = 0;
    while (waitpid(pid_, &status, __WALL) < 0 && errno == EINTR) {
    }
    is_reaped_ = true;
    return status;
  }

 private:
  pid_t pid_ = -1;
  bool is_reaped_ = false;
};

std::string signal_name(int number) {
  const char* name = sigabbrev_np(number);
  return name == nullptr ? "signal " + std::to_string(number)
                         : std::string("SIG") + name;
}

// What the pipe has now, at most `limit` bytes. False when nobody can write any
// more.
bool read_some(int fd, OutputLines& lines, std::size_t limit) {
  std::array<char, 4096> buffer;
  for (std::size_t total = 0; total < limit;) {
    const ssize_t count = read(fd, buffer.data(), buffer.size());
    if (count <= 0) {
      return count < 0 && (errno == EAGAIN || errno == EINTR);
    }
    lines.add({buffer.data(), static_cast<std::size_t>(count)});
    total += static_cast<std::size_t>(count);
  }
  return true;
}

std::optional<Report> read_report(int fd) noexcept {
  Report report;
  return read(fd, &report, sizeof(report)) == sizeof(report)
             ? std::optional(report)
             : std::nullopt;
}

void set_end(ProgramResult& result, std::optional<Report> report,
             int supervisor_status) {
  using End = ProgramResult::End;
  if (report && report->about == Report::About::kNotStarted) {
    result.end = End::kNotStarted;
    result.code = report->value;
    return;
  }
  // Without a report the supervisor shared the fate of the program's group,
  // or did not get as far as starting it.
  const int status = report ? report->value : supervisor_status;
  if (WIFSIGNALED(status)) {
    result.end = End::kKilled;
    result.code = WTERMSIG(status);
  } else {
    result.end = report ? End::kExited : End::kNotStarted;
    result.code = WEXITSTATUS(status);
  }
}

// Reads the output until there is a report, the time is over (false), or a stop
// was requested and its grace is over (false).
bool follow(int report, int output, int wake, OutputLines& lines,
            SteadyTime deadline, std::chrono::milliseconds grace) {
  std::array<pollfd, 3> awaited{
      {{report, POLLIN, 0}, {wake, POLLIN, 0}, {output, POLLIN, 0}}};
  for (;;) {
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(
        deadline - std::chrono::steady_clock::now());
    if (left.count() <= 0) {
      return false;
    }
    const int ready =
        poll(awaited.data(), awaited.size(), static_cast<int>(left.count()));
    if (ready < 0) {
      continue;  // EINTR, and no other
    }
    if (awaited[2].revents != 0 && !read_some(output, lines, kPipeCapacity)) {
      awaited[2].fd = -1;
    }
    if (awaited[0].revents != 0) {
      return true;
    }
    if (awaited[1].revents != 0) {
      awaited[1].fd = -1;
      deadline = std::min(deadline, std::chrono::steady_clock::now() + grace);
    }
  }
}

}  // namespace

ProgramResult run_program(const ProgramCall& call, std::stop_token stop) {
  const SteadyTime deadline =
      std::chrono::steady_clock::now() + call.time_limit;
  const Descriptor wake = require(call, eventfd(0, EFD_CLOEXEC));
  const std::stop_callback on_stop(
      stop, [&wake]() noexcept { eventfd_write(wake.get(), 1); });
  if (stop.stop_requested()) {
    throw_stopped(call);
  }

  const Descriptor input = input_file(call);
  Pipe output = make_pipe(call);
  Pipe report = make_pipe(call);
  std::vector<std::string> arguments = call.arguments;
  arguments.insert(arguments.begin(), call.path);
  std::vector<std::string> environment = program_environment(call);
  Supervisor supervisor(call, {.path = call.path.c_str(),
                               .arguments = pointers_to(arguments).data(),
                               .environment = pointers_to(environment).data(),
                               .input = input.get(),
                               .output = output.write_end.get(),
                               .report = report.write_end.get(),
                               .parent = getpid()});
  output.write_end = Descriptor();
  report.write_end = Descriptor();

  OutputLines lines;
  const bool is_over = follow(report.read_end.get(), output.read_end.get(),
                              wake.get(), lines, deadline, call.grace);
  if (!is_over) {
    supervisor.kill_all();
    if (stop.stop_requested()) {
      throw_stopped(call);
    }
  }
  const std::optional<Report> said = read_report(report.read_end.get());
  static_cast<void>(read_some(output.read_end.get(), lines, kPipeCapacity));
  ProgramResult result;
  if (is_over) {
    if (!said || call.ends_group) {
      supervisor.kill_all();
    }
    set_end(result, said, supervisor.wait());
  } else {
    result.end = ProgramResult::End::kTimedOut;
  }
  result.output = lines.take();
  return result;
}

std::string describe_end(const ProgramResult& result,
                         std::chrono::milliseconds time_limit) {
  using End = ProgramResult::End;
  switch (result.end) {
    case End::kExited:
      return "ended with status " + std::to_string(result.code);
    case End::kKilled:
      return "was killed by " + signal_name(result.code);
    case End::kTimedOut:
      return "took longer than " + std::to_string(time_limit.count() / 1000) +
             " s and was killed";
    case End::kNotStarted:
      break;
  }
  return "cannot be started: " + system_message(result.code) +
         (result.code == ENOEXEC
              ? "; a script begins with a line such as \"#!/bin/sh\""
              : "");
}

bool is_shortage(const ProgramResult& result) noexcept {
  return result.end == ProgramResult::End::kNotStarted &&
         (result.code == EAGAIN || result.code == ENOMEM ||
          result.code == EMFILE || result.code == ENFILE ||
          result.code == ETXTBSY);
}

}  // namespace acme
