// SPDX-License-Identifier: BSD-2-Clause
// The engine: threads that do what the scheduler says.
#include "acme_core/engine/engine.h"

#include <pthread.h>

#include <algorithm>
#include <csignal>
#include <string>
#include <utility>

#include "acme_core/env/background_thread.h"

namespace acme {
namespace {

using std::chrono::milliseconds;

// How often a busy state directory is tried again: quickly at first, since a
// reload's old process leaves within milliseconds.
constexpr milliseconds kFirstLockPause{10};
constexpr milliseconds kLongestLockPause{1'000};
// How often the files of another process are looked at, in such pauses.
constexpr int kPausesBetweenFollowing = 5;
// Nobody sleeps longer than this without a look at the clock.
constexpr milliseconds kLongestSleep = std::chrono::hours(24);

// How often a state directory is looked after: it may be removed or replaced.
constexpr milliseconds kWatchInterval = std::chrono::seconds(10);

// Programs that remove what is left over at a start; few, since orders need
// programs, too.
constexpr std::size_t kLeftoversAtOnce = 2;

// The first of several certificates stands for all of them.
std::string others(std::size_t count) {
  return count == 0 ? " has"
         : count == 1
             ? ", and that of another one, have"
             : ", and those of " + std::to_string(count) + " others, have";
}

// Threads started within its scope receive no signals.
class SignalBlock {
 public:
  SignalBlock() {
    sigset_t all;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &previous_);
  }
  ~SignalBlock() { pthread_sigmask(SIG_SETMASK, &previous_, nullptr); }
  SignalBlock(const SignalBlock&) = delete;
  SignalBlock& operator=(const SignalBlock&) = delete;

 private:
  sigset_t previous_{};
};

}  // namespace

Engine::Engine(Plan plan, EngineEnvironment environment)
    : plan_(std::move(plan)),
      environment_(std::move(environment)),
      local_http_(environment_.connect_locally()),
      self_check_(std::make_unique<Http01SelfCheck>(*local_http_,
                                                    plan_.http_listeners)),
      keeper_(plan_, environment_, sessions_, self_check_.get()),
      scheduler_(plan_, environment_.random) {
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
    environment_.publisher.put_thumbprint("");
  }
  const std::lock_guard lock(mutex_);
  watch_clock();
  for (std::size_t issuer = 0; issuer < plan_.issuers.size(); ++issuer) {
    if (threads_for(issuer) > 0) {
      start_thread(
          [this, issuer](const std::stop_token& stop) { lead(issuer, stop); });
    }
  }
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

// As many as orders can run at once at that issuer.
std::size_t Engine::threads_for(std::size_t issuer) const {
  const auto users =
      std::count_if(plan_.certificates.begin(), plan_.certificates.end(),
                    [issuer](const CertificateSpec& spec) {
                      return std::find(spec.issuers.begin(), spec.issuers.end(),
                                       issuer) != spec.issuers.end();
                    });
  return std::min(static_cast<std::size_t>(users),
                  plan_.issuers[issuer].orders_at_once);
}

template <typename Body>
void Engine::start_thread(Body body) {
  const SignalBlock no_signals;
  ++running_threads_;
  threads_.emplace_back([this, body](const std::stop_token& stop) {
    step_back();
    try {
      body(stop);
    } catch (const std::exception& error) {
      if (!stop.stop_requested()) {
        environment_.logger.write(LogLevel::kError,
                                  std::string("acme: ") + error.what());
      }
    }
    const std::lock_guard lock(mutex_);
    --running_threads_;
    changed_.notify_all();
  });
}

// The first thread of an issuer prepares, starts the others, and becomes one
// of them.
void Engine::lead(std::size_t issuer, const std::stop_token& stop) {
  acquire_state(issuer, stop);
  try {
    sessions_[issuer]->publish_thumbprint();
  } catch (const Error& error) {
    sessions_[issuer]->log().error(error.what());
  }
  remove_leftovers(issuer);
  load_certificates(issuer, stop);
  {
    const std::lock_guard lock(mutex_);
    for (std::size_t i = 1; i < threads_for(issuer) && !stop_requested_; ++i) {
      start_thread([this](const std::stop_token& own) { work(own); });
    }
  }
  work(stop, issuer);
}

// A provider that hangs delays nobody but who wants the same records.
void Engine::remove_leftovers(std::size_t issuer) {
  const std::shared_ptr<DnsLeftovers> leftovers =
      sessions_[issuer]->dns().claim_leftovers();
  const std::lock_guard lock(mutex_);
  const std::size_t threads = std::min(leftovers->count(), kLeftoversAtOnce);
  for (std::size_t i = 0; i < threads && !stop_requested_; ++i) {
    start_thread(
        [leftovers](const std::stop_token& own) { leftovers->remove(own); });
  }
}

void Engine::acquire_state(std::size_t issuer, const std::stop_token& stop) {
  IssuerSession& session = *sessions_[issuer];
  milliseconds pause = kFirstLockPause;
  bool told = false;
  for (int pauses = 0;; pause = std::min(pause * 2, kLongestLockPause)) {
    bool is_another_ones = false;
    try {
      if (session.try_acquire()) {
        return;
      }
      is_another_ones = true;
    } catch (const Error& error) {
      if (!std::exchange(told, true)) {
        session.log().error(error.what());
      }
    }
    const bool stays = pause == kLongestLockPause;
    if (stays && !std::exchange(told, true)) {
      session.log().notice("another process works for state directory \"" +
                           session.state_path() +
                           "\"; serving what it obtains");
    }
    if (stays && pauses++ % kPausesBetweenFollowing == 0) {
      follow_certificates(issuer, Following::kAll);
    } else if (is_another_ones) {
      follow_certificates(issuer, Following::kMissing);
    }
    if (!environment_.clock.sleep_for(pause, stop)) {
      throw Error(ErrorKind::kStopped, "stopping");
    }
  }
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

void Engine::load_certificates(std::size_t issuer,
                               const std::stop_token& stop) {
  BudgetRecord counted;
  try {
    counted = sessions_[issuer]->store().load_budget();
  } catch (const Error& error) {
    sessions_[issuer]->log().warn(error.what());
  }
  {
    const std::lock_guard lock(mutex_);
    scheduler_.set_available(
        issuer,
        Budget(environment_.limits(plan_.issuers[issuer]), std::move(counted)),
        environment_.clock.now());
  }
  std::vector<std::size_t> expired;
  for (std::size_t i = 0; i < plan_.certificates.size(); ++i) {
    if (stop.stop_requested()) {
      return;  // ten thousand take seconds
    }
    if (plan_.certificates[i].issuer() != issuer) {
      continue;
    }
    const CertificateState state = keeper_.load(i);
    const TimePoint now = environment_.clock.now();
    if (state.validity && state.validity->not_after <= now) {
      expired.push_back(i);
    }
    const std::lock_guard lock(mutex_);
    scheduler_.add(i, state, now);
  }
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
    const auto task =
        next_task(stop, leads ? std::optional(watched_at + kWatchInterval)
                              : std::nullopt);
    if (const SteadyPoint now = environment_.clock.steady_now();
        leads && now >= watched_at + kWatchInterval) {
      watch_state(*leads);
      watched_at = now;
    }
    if (!task) {
      continue;
    }
    switch (task->kind) {
      case Task::Kind::kOrder:
        order(*task, stop);
        break;
      case Task::Kind::kAskRenewalInfo:
        ask_renewal_info(*task, stop);
        break;
      case Task::Kind::kSave:
        save(*task);
        break;
    }
    changed_.notify_all();
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
