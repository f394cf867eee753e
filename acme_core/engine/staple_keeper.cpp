// SPDX-License-Identifier: BSD-2-Clause
// Status responses for what is served.
#include "acme_core/engine/staple_keeper.h"

#include <algorithm>
#include <chrono>

#include "acme_core/engine/backoff.h"
#include "acme_core/engine/ocsp_exchange.h"
#include "acme_core/error.h"

namespace acme {
namespace {

using std::chrono::hours;
using std::chrono::milliseconds;

// Nobody sleeps longer than this without a look at the clock.
constexpr milliseconds kLongestSleep = hours(24);
// A responder may hand out a response for long after half of its time.
constexpr milliseconds kLongestHurry = hours(1);
// How often a revoked certificate is asked about, while it is not replaced.
constexpr milliseconds kRevokedInterval = hours(6);
// A CA's responder may take a while to hear of a new certificate: the first
// failures are nobody's business.
constexpr unsigned kQuietFailures = 3;

TimePoint half_of(const OcspAnswer& answer) {
  return answer.this_update + (answer.next_update - answer.this_update) / 2;
}

}  // namespace

StapleKeeper::StapleKeeper(const Plan& plan, EngineEnvironment& environment,
                           const IssuerSessions& sessions, TaskQueue& tasks)
    : plan_(plan),
      environment_(environment),
      sessions_(sessions),
      tasks_(tasks),
      distinctions_(plan.distinctions()),
      due_(plan.certificates.size(), TimePoint::max()) {
  for (std::size_t i = 0; i < plan.certificates.size(); ++i) {
    // What a dry run issues is not served.
    if (spec(i).stapling && !plan.issuers[spec(i).issuer()].dry_run) {
      queue(i, TimePoint::min());
      has_work_ = true;
    }
  }
}

void StapleKeeper::queue(std::size_t index, TimePoint due) {
  queue_.erase({due_[index], index});
  due_[index] = due;
  if (due != TimePoint::max()) {
    queue_.insert({due, index});
  }
}

void StapleKeeper::is_served(std::size_t index) {
  if (!spec(index).stapling || plan_.issuers[spec(index).issuer()].dry_run) {
    return;
  }
  const std::lock_guard lock(mutex_);
  queue(index, TimePoint::min());
  changed_.notify_all();
}

void StapleKeeper::run(const std::stop_token& stop) {
  while (const auto index = next(stop)) {
    TimePoint again = TimePoint::max();
    try {
      again = look_after(*index, stop);
    } catch (const Error& error) {
      if (error.kind() == ErrorKind::kStopped) {
        return;
      }
      again = fail(*index, served_[*index].trouble, error.what(), std::nullopt);
    } catch (const std::exception& error) {
      again = fail(*index, served_[*index].trouble, error.what(), std::nullopt);
    }
    const std::lock_guard lock(mutex_);
    // Unless another pair came meanwhile.
    if (due_[*index] == TimePoint::max()) {
      queue(*index, again);
    }
  }
}

std::optional<std::size_t> StapleKeeper::next(const std::stop_token& stop) {
  std::unique_lock lock(mutex_);
  while (!stop.stop_requested()) {
    const TimePoint now = environment_.clock.now();
    if (now + std::chrono::minutes(1) < latest_now_) {
      // What was put off by a clock that was ahead. What is fresh costs no
      // question.
      responders_.clear();
      for (auto& [index, served] : served_) {
        served.trouble = {};
      }
      for (std::size_t i = 0; i < due_.size(); ++i) {
        if (due_[i] != TimePoint::max()) {
          queue(i, TimePoint::min());
        }
      }
    }
    latest_now_ = now;
    const TimePoint due =
        queue_.empty() ? now + kLongestSleep : queue_.begin()->first;
    if (!queue_.empty() && due <= now) {
      const std::size_t index = queue_.begin()->second;
      queue(index, TimePoint::max());
      return index;
    }
    environment_.clock.wait_until(lock, changed_,
                                  std::min(due, now + kLongestSleep), stop);
  }
  return std::nullopt;
}

TimePoint StapleKeeper::look_after(std::size_t index,
                                   const std::stop_token& stop) {
  const auto current = environment_.publisher.certificate(index);
  if (!current) {
    return TimePoint::max();
  }
  Served& served = served_[index];
  if (served.leaf != current->chain.der().front()) {
    served = {current->chain.der().front(), {}, false};
  }
  const Stapling& stapling = *spec(index).stapling;
  const auto question = OcspQuestion::about(current->chain, stapling.issuers());
  const std::string responder = !stapling.responder.empty() ? stapling.responder
                                : question ? question->responder()
                                           : std::string();
  if (!question || responder.empty()) {
    log_of(index).debug(
        "no status responses: the certificate names no "
        "responder, or its issuer is not known");
    return TimePoint::max();
  }
  const auto known = newest_known(index, *question);
  const TimePoint now = environment_.clock.now();
  if (known && now < half_of(known->answer) && !served.is_revoked) {
    return half_of(known->answer);
  }
  const TimePoint waits =
      std::max(served.trouble.retry_at, responders_[responder].retry_at);
  return waits > now ? waits : ask(index, *question, responder, known, stop);
}

// Shown already, or stored by this process or another one.
std::optional<StapleKeeper::Known> StapleKeeper::newest_known(
    std::size_t index, const OcspQuestion& question) {
  const TimePoint now = environment_.clock.now();
  const auto make = [&](std::vector<std::uint8_t> response) {
    std::optional<Known> known;
    if (!response.empty()) {
      OcspReading reading = question.read(response, now);
      if (reading.answer && reading.answer->status == OcspStatus::kGood) {
        known = {std::move(*reading.answer), std::move(response)};
      }
    }
    return known;
  };
  auto shown = environment_.publisher.staple(index);
  auto known =
      make(shown ? std::move(shown->response) : std::vector<std::uint8_t>());
  auto stored =
      make(home(index).reader().load_staple(spec(index).storage_name()));
  if (stored &&
      (!known || stored->answer.this_update > known->answer.this_update)) {
    show(index, *stored);
    return stored;
  }
  if (known &&
      (!stored || stored->answer.this_update < known->answer.this_update)) {
    save(index, known->response);  // it came before the directory was ours
  }
  return known;
}

TimePoint StapleKeeper::ask(std::size_t index, const OcspQuestion& question,
                            const std::string& responder,
                            const std::optional<Known>& shown,
                            const std::stop_token& stop) {
  Trouble& at_responder = responders_[responder];
  HttpResponse response;
  try {
    response = ask_responder(http_of(index), responder, question.request(),
                             environment_.clock, stop);
  } catch (const Error& error) {
    if (error.kind() == ErrorKind::kStopped) {
      throw;
    }
    return fail(index, at_responder, error.what(), shown, error.retry_at());
  }
  if (at_responder.failures >= kQuietFailures) {
    log_of(index).notice("the responder " + responder + " answers again");
  }
  at_responder = {};
  Known fetched{{}, {response.body.begin(), response.body.end()}};
  OcspReading reading =
      question.read(fetched.response, environment_.clock.now());
  if (!reading.answer) {
    return fail(index, served_[index].trouble,
                "from " + responder + ": " + reading.problem, shown);
  }
  fetched.answer = std::move(*reading.answer);
  switch (fetched.answer.status) {
    case OcspStatus::kGood:
      return take(index, std::move(fetched));
    case OcspStatus::kRevoked:
      return take_revoked(index, fetched.answer);
    case OcspStatus::kUnknown:
      break;
  }
  return fail(index, served_[index].trouble,
              "from " + responder + ": it does not know the certificate",
              shown);
}

TimePoint StapleKeeper::take(std::size_t index, Known fetched) {
  Served& served = served_[index];
  served.trouble = {};
  served.is_revoked = false;
  show(index, fetched);
  save(index, fetched.response);
  log_of(index).info(
      "the CA says that it is good; clients are shown that "
      "until " +
      rfc3339(fetched.answer.next_update));
  const TimePoint now = environment_.clock.now();
  return std::max(
      half_of(fetched.answer),
      now + std::min<milliseconds>((fetched.answer.next_update - now) / 2,
                                   kLongestHurry));
}

// What is shown stays until it ends: there will be another certificate by then.
// What is stored goes: the next process has to ask, and hear of it.
TimePoint StapleKeeper::take_revoked(std::size_t index,
                                     const OcspAnswer& answer) {
  Served& served = served_[index];
  served.trouble = {0, environment_.clock.now() + kRevokedInterval};
  save(index, {});
  if (!std::exchange(served.is_revoked, true)) {
    log_of(index).warn(
        "the CA has revoked the certificate" +
        (answer.revoked_why.empty() ? std::string()
                                    : " (" + answer.revoked_why + ")") +
        " as of " + rfc3339(answer.revoked_at) +
        "; it is renewed at once, ask the CA why if it was not you");
  }
  tasks_.use([&](Scheduler& scheduler, TimePoint now) {
    scheduler.revoked(index, now);
  });
  tasks_.wake();
  return served.trouble.retry_at;
}

TimePoint StapleKeeper::fail(std::size_t index, Trouble& trouble,
                             const std::string& problem,
                             const std::optional<Known>& shown,
                             std::optional<TimePoint> retry_at) {
  const TimePoint now = environment_.clock.now();
  trouble.retry_at =
      std::max(now + outage_delay(++trouble.failures, environment_.random),
               retry_at.value_or(now));
  const bool must_staple = plan_.issuers[spec(index).issuer()].must_staple;
  const bool is_news = trouble.failures == kQuietFailures;
  log_of(index).write(
      !is_news                ? LogLevel::kInfo
      : must_staple && !shown ? LogLevel::kError
                              : LogLevel::kWarn,
      "no status response: " + problem + "; next try " +
          rfc3339(trouble.retry_at) +
          (shown ? ", clients are shown the last one until " +
                       rfc3339(shown->answer.next_update)
           : must_staple
               ? ", clients that know of \"must_staple\" refuse the "
                 "certificate without one: make the responder reachable"
               : ", clients are shown none"));
  return trouble.retry_at;
}

void StapleKeeper::show(std::size_t index, const Known& known) {
  try {
    // False: another pair came meanwhile, and with it another question.
    static_cast<void>(environment_.publisher.put_staple(
        index, served_[index].leaf,
        {known.response, known.answer.next_update}));
  } catch (const Error& error) {
    log_of(index).error(error.what());
  }
}

void StapleKeeper::save(std::size_t index,
                        std::span<const std::uint8_t> response) {
  if (!home(index).gate().is_acquired()) {
    return;  // it is another process's to write
  }
  try {
    home(index).store().save_staple(spec(index).storage_name(), response);
  } catch (const Error& error) {
    // It is shown all the same. A directory that takes nothing is told of by
    // whoever orders.
    log_of(index).info(error.what());
  }
}

HttpClient& StapleKeeper::http_of(std::size_t index) {
  std::unique_ptr<HttpClient>& http = http_[spec(index).issuer()];
  if (!http) {
    http =
        environment_.connect_to_responder(plan_.issuers[spec(index).issuer()]);
  }
  return *http;
}

EventLog StapleKeeper::log_of(std::size_t index) const {
  return home(index).log().for_certificate(spec(index).name(),
                                           distinctions_[index]);
}

}  // namespace acme
