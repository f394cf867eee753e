// SPDX-License-Identifier: BSD-2-Clause
// The engine: threads that do what the queue has. How they start, what they do
// when the system has none left, and what an exception that nobody expected may
// cost.
#include "acme_core/engine/engine.h"

#include <unistd.h>

#include <algorithm>
#include <exception>
#include <string>
#include <system_error>
#include <utility>

#include "acme_core/engine/order_run.h"
#include "acme_core/engine/renewal_question.h"
#include "acme_core/engine/unsaved_pair.h"

namespace acme {
namespace {

using std::chrono::milliseconds;

// How often a state directory is looked after: it may be removed or replaced.
constexpr milliseconds kWatchInterval = std::chrono::seconds(10);

// How long who prepares an issuer rests after an exception.
constexpr milliseconds kRest = std::chrono::seconds(10);
// The same of who could not even ask what to do next.
constexpr milliseconds kBreath = std::chrono::seconds(1);

// Programs that remove what is left over at a start; few, since orders need
// programs, too.
constexpr std::size_t kLeftoversAtOnce = 2;

}  // namespace

Engine::Engine(Plan plan, EngineEnvironment environment)
    : plan_(std::move(plan)),
      environment_(std::move(environment)),
      queue_(plan_, environment_.clock, environment_.random,
             environment_.logger),
      local_http_(environment_.connect_locally()),
      self_check_(*local_http_, plan_.http_listeners),
      staples_(plan_, environment_, sessions_, queue_),
      notes_(plan_, environment_.monitor, queue_, environment_.clock),
      keeper_(plan_, environment_, sessions_, staples_, notes_, revocations_),
      desk_(parts_, environment_.commands),
      parts_{.plan = plan_,
             .environment = environment_,
             .queue = queue_,
             .sessions = sessions_,
             .staples = staples_,
             .keeper = keeper_,
             .self_check = self_check_,
             .name_locks = name_locks_,
             .notes = notes_,
             .reports = reports_,
             .desk = desk_,
             .revocations = revocations_,
             .started_at = environment_.clock.now()} {
  for (std::size_t i = 0; i < plan_.issuers.size(); ++i) {
    sessions_.push_back(
        std::make_unique<IssuerSession>(plan_, i, environment_, queue_));
    reports_.push_back(std::make_unique<IssuerReport>(parts_, i));
    cares_.emplace_back(parts_, i);
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
  queue_.watch_clock();
  environment_.monitor.note(ProcessNote{.started_at = parts_.started_at,
                                        .pid = getpid(),
                                        .clock_skew_seconds = std::nullopt});
  const std::lock_guard lock(mutex_);
  for (std::size_t issuer = 0; issuer < plan_.issuers.size(); ++issuer) {
    if (threads_for(issuer) > 0) {
      want_thread(issuer, [this, issuer](const std::stop_token& stop) {
        run_issuer(issuer, stop);
      });
    }
  }
  if (staples_.has_work()) {
    want_thread(0, [this](const std::stop_token& stop) { staples_.run(stop); });
  }
  if (desk_.has_work()) {
    want_thread(0, [this](const std::stop_token& stop) { desk_.run(stop); });
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
  return ended_.wait_until(lock, until,
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

void Engine::want_thread(std::size_t issuer, ThreadBody body) {
  unstarted_.push_back({issuer, std::move(body)});
}

bool Engine::start_missing_threads() {
  const std::lock_guard lock(mutex_);
  start_wanted();
  return unstarted_.empty();
}

// Those that run do all there is to do, only fewer at once.
void Engine::start_wanted() {
  while (!unstarted_.empty() && !stop_requested_) {
    const auto& [issuer, body] = unstarted_.front();
    threads_.reserve(threads_.size() + 1);
    try {
      threads_.push_back(environment_.start_thread(
          [this, body = body](const std::stop_token& stop) {
            run_thread(body, stop);
          }));
    } catch (const std::system_error& error) {
      if (!std::exchange(lacks_threads_, true)) {
        const std::string others =
            running_threads_ == 0
                ? "; nothing is ordered or renewed; tried again every ten "
                  "seconds"
                : "; " + std::to_string(running_threads_) + " of " +
                      std::to_string(running_threads_ + unstarted_.size()) +
                      " do the work; tried again every ten seconds";
        sessions_[issuer]->log().write(
            running_threads_ == 0 ? LogLevel::kError : LogLevel::kWarn,
            why_no_thread(error) + others);
      }
      return;
    }
    ++running_threads_;
    unstarted_.pop_front();
  }
  if (unstarted_.empty() && std::exchange(lacks_threads_, false)) {
    environment_.logger.write(LogLevel::kNotice,
                              "acme: all threads have been started");
  }
}

void Engine::run_thread(const ThreadBody& body, const std::stop_token& stop) {
  try {
    body(stop);
  } catch (const std::exception& error) {
    if (!stop.stop_requested()) {
      environment_.logger.write(LogLevel::kError,
                                std::string("acme: a thread for certificates "
                                            "has ended, reload nginx to have "
                                            "it again: ") +
                                    error.what());
    }
  }
  const std::lock_guard lock(mutex_);
  --running_threads_;
  ended_.notify_all();
}

// The first thread of an issuer prepares, starts the others, and becomes one
// of them. What it meets that nobody expected ends nothing for good.
void Engine::run_issuer(std::size_t issuer, const std::stop_token& stop) {
  std::string last;
  const auto say_once = [&](const std::exception& error) {
    if (last != error.what()) {
      last = error.what();
      sessions_[issuer]->log().error(last + "; tried again every ten seconds");
    }
  };
  for (;;) {
    try {
      prepare(issuer, stop);
      break;
    } catch (const Error& error) {
      if (error.kind() == ErrorKind::kStopped) {
        return;
      }
      say_once(error);
    } catch (const std::exception& error) {
      say_once(error);
    }
    if (!environment_.clock.sleep_for(kRest, stop)) {
      return;
    }
  }
  work(stop, issuer);
}

// Each step once, however often it is called.
void Engine::prepare(std::size_t issuer, const std::stop_token& stop) {
  IssuerCare& care = cares_[issuer];
  care.acquire(stop);
  if (const auto leftovers = care.take_leftovers()) {
    // A provider that hangs delays nobody but who wants the same records.
    const std::lock_guard lock(mutex_);
    const std::size_t threads = std::min(leftovers->count(), kLeftoversAtOnce);
    for (std::size_t i = 0; i < threads; ++i) {
      want_thread(issuer, [leftovers](const std::stop_token& own) {
        leftovers->remove(own);
      });
    }
    start_wanted();
  }
  care.load(stop);
  const std::lock_guard lock(mutex_);
  for (std::size_t i = 1; i < threads_for(issuer); ++i) {
    want_thread(issuer, [this](const std::stop_token& own) { work(own); });
  }
  start_wanted();
}

void Engine::work(const std::stop_token& stop,
                  std::optional<std::size_t> own_issuer) {
  SteadyPoint watched_at = environment_.clock.steady_now();
  while (!stop.stop_requested()) {
    const auto task =
        next_task(stop, own_issuer ? std::optional(watched_at + kWatchInterval)
                                   : std::nullopt);
    if (const SteadyPoint now = environment_.clock.steady_now();
        own_issuer && now >= watched_at + kWatchInterval) {
      cares_[*own_issuer].watch(stop);
      start_missing_threads();
      watched_at = now;
    }
    if (task) {
      run(*task, stop);
      queue_.wake();
    }
  }
}

std::optional<Task> Engine::next_task(const std::stop_token& stop,
                                      std::optional<SteadyPoint> until) {
  try {
    return queue_.take(stop, until);
  } catch (const std::exception& error) {
    environment_.logger.write(LogLevel::kError,
                              std::string("acme: cannot tell what to do next, "
                                          "tried again in a second: ") +
                                  error.what());
  }
  if (environment_.clock.sleep_for(kBreath, stop)) {
    queue_.use(
        [](Scheduler& scheduler, TimePoint now) { scheduler.find_lost(now); });
  }
  return std::nullopt;
}

// An exception that nobody expected, of memory or threads that the system does
// not have, costs a certificate time, and nothing else.
void Engine::run(const Task& task, const std::stop_token& stop) {
  try {
    switch (task.kind) {
      case Task::Kind::kOrder:
        OrderRun(parts_, task).run(stop);
        break;
      case Task::Kind::kAskRenewalInfo:
        ask_when_to_renew(parts_, task, stop);
        break;
      case Task::Kind::kSave:
        save_unsaved(parts_, task);
        break;
    }
    return;
  } catch (const std::exception& error) {
    keeper_.log_of(task.certificate, task.issuer)
        .error(std::string(error.what()) + "; tried again later");
  }
  for (;;) {
    try {
      queue_.use([&](Scheduler& scheduler, TimePoint now) {
        scheduler.broken_off(task, now);
      });
      return;
    } catch (const std::exception&) {  // there is no memory yet
      if (!environment_.clock.sleep_for(kBreath, stop)) {
        return;
      }
    }
  }
}

}  // namespace acme
