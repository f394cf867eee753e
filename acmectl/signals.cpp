// SPDX-License-Identifier: BSD-2-Clause
// Ctrl-C and a terminal that changes its size.
#include "acmectl/signals.h"

#include <poll.h>
#include <pthread.h>
#include <sys/eventfd.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdint>
#include <system_error>
#include <utility>

namespace acmectl {

Signals::Signals() {
  sigset_t watched;
  sigemptyset(&watched);
  for (const int number : {SIGINT, SIGTERM, SIGHUP, SIGWINCH}) {
    sigaddset(&watched, number);
  }
  pthread_sigmask(SIG_BLOCK, &watched, &before_);
  signals_ = acme::Descriptor(signalfd(-1, &watched, SFD_CLOEXEC));
  end_ = acme::Descriptor(eventfd(0, EFD_CLOEXEC));
  if (!signals_ || !end_) {
    const int code = errno;
    pthread_sigmask(SIG_SETMASK, &before_, nullptr);
    throw std::system_error(code, std::system_category(), "signals");
  }
  listener_ = std::jthread([this] { listen(); });
}

Signals::~Signals() {
  const std::uint64_t one = 1;
  static_cast<void>(write(end_.get(), &one, sizeof(one)) == sizeof(one));
  listener_.join();
  pthread_sigmask(SIG_SETMASK, &before_, nullptr);
}

bool Signals::wait_for(std::chrono::milliseconds duration) {
  std::unique_lock held(mutex_);
  changed_.wait_for(held, stop(), duration, [this] { return resized_; });
  resized_ = false;
  return !stop_.stop_requested();
}

void Signals::listen() {
  std::array<pollfd, 2> waiting{
      {{signals_.get(), POLLIN, 0}, {end_.get(), POLLIN, 0}}};
  for (;;) {
    if (poll(waiting.data(), waiting.size(), -1) < 0 && errno != EINTR) {
      return;
    }
    if (waiting[1].revents != 0) {
      return;
    }
    signalfd_siginfo info{};
    if (waiting[0].revents == 0 ||
        read(signals_.get(), &info, sizeof(info)) != sizeof(info)) {
      continue;
    }
    if (info.ssi_signo == SIGWINCH) {
      {
        const std::lock_guard held(mutex_);
        resized_ = true;
      }
      changed_.notify_all();
    } else {
      stop_.request_stop();
    }
  }
}

}  // namespace acmectl
