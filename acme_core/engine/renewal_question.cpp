// SPDX-License-Identifier: BSD-2-Clause
// Asking a CA when to renew a certificate.
#include "acme_core/engine/renewal_question.h"

#include <algorithm>
#include <chrono>
#include <optional>
#include <string>

#include "acme_core/engine/event_report.h"
#include "acme_core/engine/renewal.h"

namespace acme {
namespace {

using std::chrono::milliseconds;

// How often renewal info is asked for (RFC 9773 section 4.3.2): as the CA says
// by Retry-After, within bounds; every six hours when it says nothing.
constexpr milliseconds kQuestionInterval = std::chrono::hours(6);
constexpr milliseconds kShortestQuestionInterval = std::chrono::minutes(1);
constexpr milliseconds kQuestionIntervalAfterFailure = std::chrono::hours(1);
constexpr milliseconds kLongestQuestionInterval = std::chrono::hours(24);

struct Suggestion {
  std::optional<RenewalWindow> window;
  TimePoint ask_again;
};

// What the CA suggests, and when to ask again; after a failure what was known
// `before`.
Suggestion suggestion(const EngineParts& parts, const Task& task,
                      const std::optional<RenewalWindow>& before,
                      const EventLog& log, const std::stop_token& stop) {
  const EngineEnvironment& environment = parts.environment;
  const TimePoint asked_at = environment.clock.now();
  try {
    const auto current = environment.publisher.certificate(task.certificate);
    const auto answer =
        current ? parts.sessions[task.issuer]->account().client().renewal_info(
                      current->chain, stop)
                : std::nullopt;
    if (!answer) {
      return {std::nullopt, asked_at + kQuestionInterval};
    }
    const Validity validity{current->chain.not_before(),
                            current->chain.not_after()};
    const auto window =
        adopt_window(answer->resource, validity, before, environment.random);
    if (!window) {
      log.info("ignoring the renewal window that the CA suggests, " +
               rfc3339(answer->resource.start) + " to " +
               rfc3339(answer->resource.end) +
               ": it reaches beyond the certificate's life");
    }
    return {window,
            std::clamp(answer->retry_at.value_or(asked_at + kQuestionInterval),
                       asked_at + kShortestQuestionInterval,
                       asked_at + kLongestQuestionInterval)};
  } catch (const Error& error) {
    if (error.kind() == ErrorKind::kStopped) {
      return {before, asked_at};
    }
    log.info(std::string("cannot ask when to renew: ") + error.what());
    return {before, asked_at + kQuestionIntervalAfterFailure};
  }
}

}  // namespace

void ask_when_to_renew(const EngineParts& parts, const Task& task,
                       const std::stop_token& stop) {
  const EventLog log = parts.keeper.log_of(task.certificate, task.issuer);
  const auto before =
      parts.queue.use([&](const Scheduler& scheduler, TimePoint) {
        return std::optional<RenewalWindow>(scheduler.window(task.certificate));
      });
  const auto [window, again] = suggestion(parts, task, before, log, stop);
  const bool is_new = window.has_value() != before.has_value() ||
                      (window && (window->start != before->start ||
                                  window->end != before->end));
  TimePoint renew_at;
  parts.queue.use([&, &window = window, &again = again](Scheduler& scheduler,
                                                        TimePoint now) {
    scheduler.asked(task, window, again, now);
    renew_at = scheduler.renew_at(task.certificate);
  });
  if (!is_new) {
    return;
  }
  parts.keeper.note_window(task.certificate, window, renew_at);
  if (window && before) {
    tell_event(
        parts, EventKind::kAriMoved, task.certificate, task.issuer,
        "to be renewed " + rfc3339(renew_at) + ", as the CA suggests by now");
  }
  if (window) {
    log.write(
        window->explanation_url.empty() ? LogLevel::kInfo : LogLevel::kNotice,
        "to be renewed " + rfc3339(renew_at) + ", as the CA suggests" +
            (window->explanation_url.empty()
                 ? std::string()
                 : "; it explains: " + window->explanation_url));
  }
}

}  // namespace acme
