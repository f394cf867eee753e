// SPDX-License-Identifier: BSD-2-Clause
// What the scheduler remembers of certificates and issuers. For its own files
// alone.
#pragma once

#include <algorithm>
#include <array>
#include <chrono>
#include <cstddef>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "acme_core/engine/backoff.h"
#include "acme_core/engine/budget.h"
#include "acme_core/engine/renewal.h"
#include "acme_core/engine/scheduler.h"

namespace acme {

// Renewal info of many certificates is asked for one after the other after a
// restart, within this time.
constexpr std::chrono::milliseconds kLongestWaitForQuestion =
    std::chrono::hours(6);

struct Scheduler::Certificate {
  enum class Place { kNowhere, kWaiting, kReady, kAsking, kSaving, kRunning };

  Route* route = nullptr;
  bool is_exempt = false;  // which lane of the route it is in
  Place place = Place::kNowhere;
  TimePoint queued_at;  // its rank in waiting_, questions_ or saves_
  std::optional<Validity> validity;
  std::optional<std::size_t> issued_by;
  std::optional<RenewalWindow> window;
  // Without validity: since when it is waited for.
  TimePoint renew_at = TimePoint::min();
  TimePoint ask_at = TimePoint::max();
  TimePoint save_at = TimePoint::max();
  std::vector<Backoff> backoffs;  // one per issuer of the route
  // Names are left out of the one in use: all are tried again as failures are.
  bool is_partial = false;
  // The issuer that is asked at once for the names that are left, by position.
  std::optional<std::size_t> rest_from;
  // Issuers of the route that have not finished their order, by position.
  std::set<std::size_t> unfinished;
  // Since when it is to be replaced because it is not what is wished.
  std::optional<TimePoint> outdated_since;
  bool misses_names = false;
  bool is_stand_in = false;
  unsigned recalls = 0;  // renewals in a row that the CA wanted early
  bool is_revoked = false;
  std::unique_ptr<BudgetKeys> keys;

  // When an order is wanted. The suggested window may be as late as it likes:
  // a certificate is not put at risk for it. Nor does a CA that calls back what
  // it has just issued get an order a minute.
  [[nodiscard]] TimePoint wanted_at() const {
    if (!validity) {
      return TimePoint::min();
    }
    if (is_revoked) {
      // An operator who wishes another one does not order for ever.
      return std::min(youngest_recall(*validity, recalls),
                      outdated_since.value_or(TimePoint::max()));
    }
    const TimePoint suggested =
        window ? std::max(window->renew_at, youngest_recall(*validity, recalls))
               : renew_at;
    return std::min({suggested, urgent_time(*validity),
                     outdated_since.value_or(TimePoint::max())});
  }

  // From when on no other consideration delays its order: when its end is near,
  // or when the CA called it back, which may be about to revoke it.
  [[nodiscard]] TimePoint urgent_at() const {
    if (is_revoked) {
      return TimePoint::min();
    }
    if (!validity || outdated_since) {
      return outdated_since.value_or(TimePoint::min());
    }
    return window && is_recall(*window, *validity)
               ? std::min(window->end, urgent_time(*validity))
               : urgent_time(*validity);
  }

  // What expires first goes first. A certificate that does not exist yet goes
  // before others, but not before one that is about to expire, or that clients
  // may refuse by now.
  [[nodiscard]] TimePoint rank() const {
    const TimePoint missing =
        outdated_since.value_or(renew_at) + std::chrono::hours(24);
    return is_revoked     ? TimePoint::min()
           : !validity    ? missing
           : misses_names ? std::min(missing, validity->not_after)
                          : validity->not_after;
  }

  [[nodiscard]] TimePoint order_at() const {
    if (rest_from) {
      return TimePoint::min();
    }
    return is_partial ? first_retry() : std::max(wanted_at(), first_retry());
  }

  [[nodiscard]] TimePoint first_retry() const {
    return std::min_element(backoffs.begin(), backoffs.end(),
                            [](const Backoff& a, const Backoff& b) {
                              return a.retry_at < b.retry_at;
                            })
        ->retry_at;
  }
};

struct Scheduler::Issuer {
  bool is_available = false;
  TimePoint paused_until = TimePoint::min();
  std::string pause_reason;  // of the last outage
  unsigned outages = 0;      // in a row
  unsigned rate_limits = 0;  // in a row
  TimePoint held_until = TimePoint::min();
  unsigned holds = 0;  // in a row
  TimePoint hold_told_at = TimePoint::min();
  std::size_t running = 0;  // orders
  bool is_paused = false;   // by an operator
  Budget budget{BudgetLimits{}};

  // By the CA or by our own disk.
  [[nodiscard]] TimePoint closed_until() const {
    return is_paused ? TimePoint::max() : std::max(paused_until, held_until);
  }
};

// Ready certificates that have the same issuers and meet the same limits.
struct Scheduler::Lane {
  std::set<Rank> ready;       // by rank()
  std::set<Rank> by_urgency;  // the same, by urgent_at()
  // Why nothing of `ready` was taken; max() until a task ends.
  TimePoint blocked_until = TimePoint::min();
};

// Certificates with the same issuers. Those whose order replaces another, and
// so is exempt from limits, must not wait behind those whose is not.
struct Scheduler::Route {
  std::vector<std::size_t> issuers;
  std::array<Lane, 2> lanes;
};

// What keeps a certificate from an issuer.
struct Scheduler::Obstacle {
  enum class Kind {
    kNone,
    kElsewhere,  // another issuer may do instead
    kWait,       // this issuer will do: all that want it wait
  };
  Kind kind = Kind::kNone;
  TimePoint until;
};

}  // namespace acme
