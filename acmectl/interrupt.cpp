// SPDX-License-Identifier: BSD-2-Clause
// Ctrl-C as a stop token, by a thread that reads signals.
#include "acmectl/interrupt.h"

#include <poll.h>
#include <pthread.h>
#include <sys/eventfd.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include <array>
#include <csignal>
#include <cstdint>
#include <thread>

#include "acme_core/env/descriptor.h"
#include "acme_core/error.h"

namespace acmectl {
namespace {

sigset_t watched_signals() {
  sigset_t signals;
  sigemptyset(&signals);
  for (const int signal : {SIGINT, SIGTERM, SIGHUP}) {
    sigaddset(&signals, signal);
  }
  return signals;
}

}  // namespace

class Interrupt::Watch {
 public:
  Watch() {
    const sigset_t signals = watched_signals();
    pthread_sigmask(SIG_BLOCK, &signals, &before_);
    arrived_ = acme::Descriptor(signalfd(-1, &signals, SFD_CLOEXEC));
    end_ = acme::Descriptor(eventfd(0, EFD_CLOEXEC));
    if (!arrived_ || !end_) {
      pthread_sigmask(SIG_SETMASK, &before_, nullptr);
      throw acme::Error(acme::ErrorKind::kOurs, "cannot wait for signals");
    }
    thread_ = std::thread([this] { wait(); });
  }

  ~Watch() {
    const std::uint64_t one = 1;
    static_cast<void>(!write(end_.get(), &one, sizeof(one)));
    thread_.join();
    pthread_sigmask(SIG_SETMASK, &before_, nullptr);
  }
  Watch(const Watch&) = delete;
  Watch& operator=(const Watch&) = delete;

  [[nodiscard]] std::stop_token token() const noexcept {
    return stop_.get_token();
  }

 private:
  void wait() {
    std::array<pollfd, 2> places{
        {{arrived_.get(), POLLIN, 0}, {end_.get(), POLLIN, 0}}};
    for (;;) {
      if (poll(places.data(), places.size(), -1) < 0) {
        continue;  // EINTR
      }
      if (places[1].revents != 0) {
        return;
      }
      signalfd_siginfo signal{};
      if (read(arrived_.get(), &signal, sizeof(signal)) != sizeof(signal)) {
        continue;
      }
      if (!stop_.request_stop()) {
        _exit(128 + static_cast<int>(signal.ssi_signo));
      }
    }
  }

  sigset_t before_{};
  acme::Descriptor arrived_;
  acme::Descriptor end_;
  std::stop_source stop_;
  std::thread thread_;
};

Interrupt::Interrupt() : watch_(std::make_unique<Watch>()) {}
Interrupt::~Interrupt() = default;

std::stop_token Interrupt::token() const noexcept { return watch_->token(); }

}  // namespace acmectl
