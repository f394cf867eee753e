// SPDX-License-Identifier: BSD-2-Clause
// What another program prints, whole.
#include "acmectl/program_output.h"

#include <fcntl.h>
#include <poll.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <cstdlib>

#include "acme_core/env/descriptor.h"

namespace acmectl {
namespace {

using acme::Descriptor;

constexpr std::size_t kMostOut = std::size_t{64} << 20;
constexpr std::size_t kMostErr = std::size_t{64} << 10;

struct Pipe {
  Pipe() {
    std::array<int, 2> ends{-1, -1};
    if (pipe2(ends.data(), O_CLOEXEC) == 0) {
      read_end = Descriptor(ends[0]);
      write_end = Descriptor(ends[1]);
    }
  }

  Descriptor read_end;
  Descriptor write_end;
};

// Of posix_spawn(): what is taken up has to be given back.
struct Actions {
  Actions() { posix_spawn_file_actions_init(&value); }
  ~Actions() { posix_spawn_file_actions_destroy(&value); }
  Actions(const Actions&) = delete;
  Actions& operator=(const Actions&) = delete;
  posix_spawn_file_actions_t value{};
};

struct Attributes {
  Attributes() {
    posix_spawnattr_init(&value);
    sigset_t none;
    sigemptyset(&none);
    posix_spawnattr_setsigmask(&value, &none);
    posix_spawnattr_setflags(&value, POSIX_SPAWN_SETSIGMASK);
  }
  ~Attributes() { posix_spawnattr_destroy(&value); }
  Attributes(const Attributes&) = delete;
  Attributes& operator=(const Attributes&) = delete;
  posix_spawnattr_t value{};
};

// The PATH of a user often lacks where nginx is.
std::string find_program(const std::string& name) {
  if (name.find('/') != std::string::npos) {
    return name;
  }
  const char* path = std::getenv("PATH");
  std::string folders = path == nullptr ? "" : path;
  folders += ":/usr/local/sbin:/usr/sbin:/sbin:/usr/local/bin:/usr/bin:/bin";
  for (std::size_t begin = 0; begin < folders.size();) {
    const std::size_t end = std::min(folders.find(':', begin), folders.size());
    const std::string file = folders.substr(begin, end - begin) + "/" + name;
    if (file.front() == '/' && access(file.c_str(), X_OK) == 0) {
      return file;
    }
    begin = end + 1;
  }
  return name;
}

pid_t start(const std::vector<std::string>& command, const Pipe& out,
            const Pipe& err) {
  Actions actions;
  posix_spawn_file_actions_addopen(&actions.value, STDIN_FILENO, "/dev/null",
                                   O_RDONLY, 0);
  posix_spawn_file_actions_adddup2(&actions.value, out.write_end.get(),
                                   STDOUT_FILENO);
  posix_spawn_file_actions_adddup2(&actions.value, err.write_end.get(),
                                   STDERR_FILENO);
  const Attributes attributes;
  std::vector<std::string> words = command;
  std::vector<char*> arguments;
  arguments.reserve(words.size() + 1);
  for (std::string& word : words) {
    arguments.push_back(word.data());
  }
  arguments.push_back(nullptr);
  const std::string program = find_program(command.front());
  pid_t pid = -1;
  return posix_spawn(&pid, program.c_str(), &actions.value, &attributes.value,
                     arguments.data(), environ) == 0
             ? pid
             : -1;
}

// False at the end.
bool take(const Descriptor& from, std::string& text, std::size_t most) {
  std::array<char, 65536> buffer;
  const ssize_t size = read(from.get(), buffer.data(), buffer.size());
  if (size < 0) {
    return errno == EINTR;
  }
  text.append(buffer.data(),
              std::min(static_cast<std::size_t>(size), most - text.size()));
  return size > 0;
}

// False when the time was over first.
bool take_all(const Pipe& out, const Pipe& err, ProgramOutput& output,
              std::chrono::steady_clock::time_point end) {
  std::array<pollfd, 2> waiting{
      {{out.read_end.get(), POLLIN, 0}, {err.read_end.get(), POLLIN, 0}}};
  while (waiting[0].fd >= 0 || waiting[1].fd >= 0) {
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(
        end - std::chrono::steady_clock::now());
    if (left.count() <= 0) {
      return false;
    }
    if (poll(waiting.data(), waiting.size(), static_cast<int>(left.count())) <=
        0) {
      continue;
    }
    if (waiting[0].revents != 0 && !take(out.read_end, output.out, kMostOut)) {
      waiting[0].fd = -1;
    }
    if (waiting[1].revents != 0 && !take(err.read_end, output.err, kMostErr)) {
      waiting[1].fd = -1;
    }
  }
  return true;
}

}  // namespace

ProgramOutput read_program(const std::vector<std::string>& command,
                           std::chrono::milliseconds time_limit) {
  ProgramOutput output;
  Pipe out;
  Pipe err;
  const pid_t pid =
      out.read_end && err.read_end ? start(command, out, err) : -1;
  if (pid < 0) {
    return output;
  }
  output.started = true;
  out.write_end = Descriptor();
  err.write_end = Descriptor();
  output.timed_out = !take_all(out, err, output,
                               std::chrono::steady_clock::now() + time_limit);
  if (output.timed_out) {
    kill(pid, SIGKILL);
  }
  int status = 0;
  while (waitpid(pid, &status, 0) < 0 && errno == EINTR) {
  }
  output.status = WIFEXITED(status) ? WEXITSTATUS(status) : -1;
  return output;
}

}  // namespace acmectl
