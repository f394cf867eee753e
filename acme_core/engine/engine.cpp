// SPDX-License-Identifier: BSD-2-Clause
// The engine: threads that do what the scheduler says.
#include "acme_core/engine/engine.h"

#include <algorithm>
#include <string>
#include <utility>

namespace acme {
namespace {

using std::chrono::milliseconds;

// Nobody sleeps longer than this without a look at the clock.
constexpr milliseconds kLongestSleep = std::chrono::hours(24);

// How often a state directory is looked after: it may be removed or replaced.
constexpr milliseconds kWatchInterval = std::chrono::seconds(10);

// The first of several certificates stands for all of them.
std::string others(std::size_t count) {
  return count == 0 ? " has"
         : count == 1
             ? ", and that of another one, have"
             : ", and those of " + std::to_string(count) + " others, have";
}

}  // namespace

Engine::Engine(Plan plan, EngineEnvironment environment)
    : plan_(std::move(plan)),
      environment_(std::move(environment)),
      local_http_(environment_.connect_locally()),
      self_check_(std::make_unique<Http01SelfCheck>(*local_http_,
                                                    plan_.http_listeners)),
      staples_(plan_, environment_, sessions_,
               [this](std::size_t index) { revoked(index); }),
      keeper_(plan_, environment_, sessions_, self_check_.get(),
              [this](std::size_t index) { staples_.is_served(index); }),
      preparations_(plan_.issuers.size()),
      scheduler_(plan_, environment_.random),
      pause_reasons_(plan_.issuers.size()),
      noted_waiting_(plan_.certificates.size()) {
  for (std::size_t i = 0; i < plan_.issuers.size(); ++i) {
    sessions_.push_back(std::make_unique<IssuerSession>(
        plan_.issuers[i], environment_, [this, i] { require_reachable(i); },
        [this, i] { count_account(i); },
        [this, i](const Error& error) { pause(i, error); }));
  }
}

Engine::~Engine() {
  const std::lock_guard lock(mutex_);
  stop_requested_ = true;
  for (std::jthread& thread : threads_) {
    thread.request_stop();
  }
}

void Engine::start() {
  if (std::none_of(plan_.issuers.begin(), plan_.issuers.end(),
                   [](const IssuerSpec& issuer) { return issuer.stateless; })) {
    environment_.responders.http.put_thumbprint("");
  }
  const std::lock_guard lock(mutex_);
  watch_clock();
  for (std::size_t issuer = 0; issuer < plan_.issuers.size(); ++issuer) {
    if (threads_for(issuer) > 0) {
      want_thread(issuer, [this, issuer](const std::stop_token& stop) {
        lead(issuer, stop);
      });
    }
  }
  if (staples_.has_work()) {
    want_thread(0, [this](const std::stop_token& stop) { staples_.run(stop); });
  }
  start_wanted();
}

bool Engine::stop(milliseconds deadline) {
  const auto until = std::chrono::steady_clock::now() + deadline;
  std::unique_lock lock(mutex_);
  stop_requested_ = true;
  for (std::jthread& thread : threads_) {
    thread.request_stop();
  }
  return changed_.wait_until(lock, until,
                             [this] { return running_threads_ == 0; });
}

void Engine::follow_certificates(std::size_t issuer, Following following) {
  if (following == Following::kAll) {
    try {
      sessions_[issuer]->publish_foreign_thumbprint();
    } catch (const Error& error) {
      sessions_[issuer]->log().debug(error.what());
    }
  }
  for (std::size_t i = 0; i < plan_.certificates.size(); ++i) {
    if (plan_.certificates[i].issuer() == issuer &&
        (following == Following::kAll ||
         !environment_.publisher.has_certificate(i))) {
      try {
        keeper_.follow(i);
      } catch (const Error& error) {
        keeper_.log_of(i, issuer).warn(error.what());
      }
    }
  }
}

void Engine::load_budget(std::size_t issuer) {
  BudgetRecord counted;
  try {
    counted = sessions_[issuer]->store().load_budget();
  } catch (const Error& error) {
    sessions_[issuer]->log().warn(error.what());
  }
  std::vector<std::size_t>& unloaded = preparations_[issuer].unloaded;
  for (std::size_t i = 0; i < plan_.certificates.size(); ++i) {
    if (plan_.certificates[i].issuer() == issuer) {
      unloaded.push_back(i);
    }
  }
  const std::lock_guard lock(mutex_);
  scheduler_.set_available(
      issuer,
      Budget(environment_.limits(plan_.issuers[issuer]), std::move(counted)),
      environment_.clock.now());
}

void Engine::load_certificates(std::size_t issuer,
                               const std::stop_token& stop) {
  std::vector<std::size_t> failed;
  std::vector<std::size_t> expired;
  Preparation& done = preparations_[issuer];
  for (const std::size_t i : std::exchange(done.unloaded, {})) {
    if (stop.stop_requested()) {
      return;  // ten thousand take seconds
    }
    try {
      const CertificateState state = keeper_.load(i);
      staples_.is_served(i);
      const TimePoint now = environment_.clock.now();
      const std::lock_guard lock(mutex_);
      scheduler_.add(i, state, now);
      if (state.validity && state.validity->not_after <= now) {
        expired.push_back(i);
        static_cast<void>(alarms_.news(i, scheduler_.renew_at(i),
                                       state.validity->not_after, now));
      }
    } catch (const std::exception& error) {
      if (!std::exchange(done.has_told, true)) {
        keeper_.log_of(i, issuer).error(
            std::string("cannot be loaded, tried again every ten seconds: ") +
            error.what());
      }
      failed.push_back(i);
    }
  }
  done.unloaded = std::move(failed);
  if (!expired.empty()) {
    keeper_.log_of(expired.front(), issuer)
        .warn("the stored certificate" + others(expired.size() - 1) +
              " expired by this machine's clock; it is served until there is "
              "a new one");
  }
  changed_.notify_all();
}

void Engine::work(const std::stop_token& stop,
                  std::optional<std::size_t> leads) {
  SteadyPoint watched_at = environment_.clock.steady_now();
  while (!stop.stop_requested()) {
    const auto task = next_task_or_rest(
        stop,
        leads ? std::optional(watched_at + kWatchInterval) : std::nullopt);
    if (const SteadyPoint now = environment_.clock.steady_now();
        leads && now >= watched_at + kWatchInterval) {
      watch(*leads, stop);
      watched_at = now;
    }
    if (task) {
      run(*task, stop);
      changed_.notify_all();
    }
  }
}

// nullopt when there was none until `until`, or when it is time to stop.
std::optional<Task> Engine::next_task(const std::stop_token& stop,
                                      std::optional<SteadyPoint> until) {
  std::unique_lock lock(mutex_);
  while (!stop.stop_requested()) {
    watch_clock();
    const TimePoint now = environment_.clock.now();
    if (auto task = scheduler_.take(now)) {
      return task;
    }
    milliseconds longest = kLongestSleep;
    if (until) {
      longest = *until - environment_.clock.steady_now();
      if (longest <= longest.zero()) {
        break;
      }
    }
    const TimePoint due = scheduler_.next_due().value_or(TimePoint::max());
    environment_.clock.wait_until(lock, changed_, std::min(due, now + longest),
                                  stop);
  }
  return std::nullopt;
}

// NTP sets a clock by seconds, a person by years. Either way what is to take a
// while takes that long.
void Engine::watch_clock() {
  // Two clocks are not read at once: what lies between must not look like a
  // change. The next look tells.
  constexpr milliseconds kQuickLook{100};
  constexpr milliseconds kSmallest{500};
  const SteadyPoint before = environment_.clock.steady_now();
  const TimePoint now = environment_.clock.now();
  if (environment_.clock.steady_now() - before > kQuickLook) {
    return;
  }
  const milliseconds offset =
      now.time_since_epoch() - before.time_since_epoch();
  const milliseconds step = offset - clock_offset_.value_or(offset);
  if (clock_offset_ && std::chrono::abs(step) < kSmallest) {
    return;
  }
  clock_offset_ = offset;
  if (step == step.zero()) {
    return;
  }
  scheduler_.clock_was_set(step, now);
  changed_.notify_all();
  const auto minutes =
      std::chrono::duration_cast<std::chrono::minutes>(std::chrono::abs(step));
  if (minutes.count() == 0) {
    return;
  }
  environment_.logger.write(
      LogLevel::kNotice,
      "acme: this machine's clock was set " +
          std::string(step < step.zero() ? "back" : "forward") + " by " +
          std::to_string(minutes.count()) +
          " minutes; what was put off is tried anew");
}

}  // namespace acme
