// SPDX-License-Identifier: BSD-2-Clause
// Commands from shared memory for the engine.
#include "ngx_module/helper/status_commands.h"

#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <string>
#include <system_error>

#include "acme_core/error.h"
#include "ngx_module/shared/helper_wake.h"

namespace ngx_acme {
namespace {

// Who gave a command back may have the lease by then.
constexpr std::chrono::seconds kBeforeAnotherTry{5};

bool watch(int epoll, int descriptor, std::uint32_t how) noexcept {
  epoll_event event{};
  event.events = how;
  return epoll_ctl(epoll, EPOLL_CTL_ADD, descriptor, &event) == 0;
}

}  // namespace

StatusCommandSource::StatusCommandSource(StatusZone& zone)
    : zone_(zone),
      events_(epoll_create1(EPOLL_CLOEXEC)),
      stop_(eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC)) {
  if (!events_ || !stop_ || !watch(events_.get(), stop_.get(), EPOLLIN) ||
      !watch(events_.get(), helper_wake(), EPOLLIN | EPOLLET)) {
    throw acme::Error(acme::ErrorKind::kConfiguration,
                      "no descriptor to wait for commands with: " +
                          std::generic_category().message(errno));
  }
}

StatusCommandSource::~StatusCommandSource() { zone_.offer_commands(); }

std::optional<acme::Command> StatusCommandSource::take(
    const std::stop_token& stop) {
  const std::stop_callback wake(stop, [this]() noexcept {
    const std::uint64_t one = 1;
    [[maybe_unused]] const ssize_t written =
        write(stop_.get(), &one, sizeof(one));
  });
  while (!stop.stop_requested()) {
    if (std::optional<acme::Command> command = take_waiting()) {
      return command;
    }
    epoll_event event{};
    static_cast<void>(epoll_wait(events_.get(), &event, 1, patience()));
  }
  return std::nullopt;
}

// What comes meanwhile moves the edge that the next wait looks for.
std::optional<acme::Command> StatusCommandSource::take_waiting() {
  const std::uint64_t offers = zone_.offers();
  const acme::SteadyPoint now = acme::SystemClock().steady_now();
  const std::lock_guard lock(mutex_);
  std::erase_if(given_back_, [&](const auto& entry) {
    return entry.second.offers != offers || entry.second.again_at <= now;
  });
  return zone_.take_command(
      [&](std::uint64_t id) { return !given_back_.contains(id); });
}

int StatusCommandSource::patience() const {
  const std::lock_guard lock(mutex_);
  if (given_back_.empty()) {
    return -1;
  }
  const auto first = std::min_element(
      given_back_.begin(), given_back_.end(), [](const auto& a, const auto& b) {
        return a.second.again_at < b.second.again_at;
      });
  const auto left = first->second.again_at - acme::SystemClock().steady_now();
  return static_cast<int>(std::max<std::int64_t>(left.count(), 0)) + 1;
}

void StatusCommandSource::report(std::uint64_t id, acme::CommandState state,
                                 std::string_view text) noexcept {
  zone_.report_command(id, state, text);
}

void StatusCommandSource::give_back(std::uint64_t id) noexcept {
  try {
    const std::lock_guard lock(mutex_);
    given_back_[id] = {zone_.offers(),
                       acme::SystemClock().steady_now() + kBeforeAnotherTry};
  } catch (const std::bad_alloc&) {
    // It is taken again at once.
  }
  zone_.give_back_command(id);
}

}  // namespace ngx_acme
