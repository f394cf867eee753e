// SPDX-License-Identifier: BSD-2-Clause
// The engine's threads: how they start, what they do when the system has none
// left, and what an exception that nobody expected may cost.
#include <algorithm>
#include <string>
#include <system_error>
#include <utility>

#include "acme_core/engine/engine.h"
#include "acme_core/env/background_thread.h"

namespace acme {
namespace {

using std::chrono::milliseconds;

// How long who prepares an issuer rests after an exception.
constexpr milliseconds kRest = std::chrono::seconds(10);
// The same of who could not even ask what to do next.
constexpr milliseconds kBreath = std::chrono::seconds(1);

// Programs that remove what is left over at a start; few, since orders need
// programs, too.
constexpr std::size_t kLeftoversAtOnce = 2;

}  // namespace

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
  changed_.notify_all();
}

// The first thread of an issuer prepares, starts the others, and becomes one
// of them. What it meets that nobody expected ends nothing for good.
void Engine::lead(std::size_t issuer, const std::stop_token& stop) {
  for (std::string last;;) {
    try {
      prepare(issuer, stop);
      break;
    } catch (const Error& error) {
      if (error.kind() == ErrorKind::kStopped) {
        return;
      }
      say_once(issuer, error, last);
    } catch (const std::exception& error) {
      say_once(issuer, error, last);
    }
    if (!environment_.clock.sleep_for(kRest, stop)) {
      return;
    }
  }
  work(stop, issuer);
}

void Engine::say_once(std::size_t issuer, const std::exception& error,
                      std::string& last) const {
  if (last != error.what()) {
    last = error.what();
    sessions_[issuer]->log().error(last + "; tried again every ten seconds");
  }
}

// Each step once, however often it is called.
void Engine::prepare(std::size_t issuer, const std::stop_token& stop) {
  Preparation& done = preparations_[issuer];
  if (!done.is_acquired) {
    acquire_state(issuer, stop);
    done.is_acquired = true;
    say_what_is_held(issuer);
  }
  if (!done.is_published) {
    try {
      sessions_[issuer]->publish_thumbprint();
    } catch (const Error& error) {
      sessions_[issuer]->log().error(error.what());
    }
    remove_leftovers(issuer);
    done.is_published = true;
  }
  if (!done.is_loaded) {
    load_budget(issuer);
    done.is_loaded = true;
    load_certificates(issuer, stop);
    say_what_is_stored(issuer);
    tidy_stock(issuer);
  }
  const std::lock_guard lock(mutex_);
  for (std::size_t i = 1; i < threads_for(issuer); ++i) {
    want_thread(issuer, [this](const std::stop_token& own) { work(own); });
  }
  start_wanted();
}

// What whoever leads looks after, once in a while.
void Engine::watch(std::size_t issuer, const std::stop_token& stop) {
  try {
    watch_state(issuer);
    load_certificates(issuer, stop);
    watch_expiry(issuer);
    watch_stock(issuer);
    note_waiting(issuer);
  } catch (const std::exception& error) {
    sessions_[issuer]->log().error(error.what());
  }
  start_missing_threads();
}

// A provider that hangs delays nobody but who wants the same records.
void Engine::remove_leftovers(std::size_t issuer) {
  const std::shared_ptr<DnsLeftovers> leftovers =
      sessions_[issuer]->dns().claim_leftovers();
  const std::lock_guard lock(mutex_);
  const std::size_t threads = std::min(leftovers->count(), kLeftoversAtOnce);
  for (std::size_t i = 0; i < threads; ++i) {
    want_thread(issuer, [leftovers](const std::stop_token& own) {
      leftovers->remove(own);
    });
  }
  start_wanted();
}

// An exception that nobody expected, of memory or threads that the system does
// not have, costs a certificate time, and nothing else.
void Engine::run(const Task& task, const std::stop_token& stop) {
  try {
    switch (task.kind) {
      case Task::Kind::kOrder:
        order(task, stop);
        break;
      case Task::Kind::kAskRenewalInfo:
        ask_renewal_info(task, stop);
        break;
      case Task::Kind::kSave:
        save(task);
        break;
    }
    return;
  } catch (const std::exception& error) {
    keeper_.log_of(task.certificate, task.issuer)
        .error(std::string(error.what()) + "; tried again later");
  }
  for (;;) {
    try {
      const std::lock_guard lock(mutex_);
      scheduler_.broken_off(task, environment_.clock.now());
      return;
    } catch (const std::exception&) {  // there is no memory yet
      if (!environment_.clock.sleep_for(kBreath, stop)) {
        return;
      }
    }
  }
}

std::optional<Task> Engine::next_task_or_rest(
    const std::stop_token& stop, std::optional<SteadyPoint> until) {
  try {
    return next_task(stop, until);
  } catch (const std::exception& error) {
    environment_.logger.write(LogLevel::kError,
                              std::string("acme: cannot tell what to do next, "
                                          "tried again in a second: ") +
                                  error.what());
  }
  if (environment_.clock.sleep_for(kBreath, stop)) {
    const std::lock_guard lock(mutex_);
    scheduler_.find_lost(environment_.clock.now());
  }
  return std::nullopt;
}

}  // namespace acme
