// SPDX-License-Identifier: BSD-2-Clause
// What is done next.
#include "acme_core/engine/scheduler.h"

#include <algorithm>
#include <utility>

#include "acme_core/engine/scheduler_parts.h"

namespace acme {
namespace {

using std::chrono::hours;
using std::chrono::milliseconds;

// Between two questions for renewal info after a restart.
constexpr milliseconds kBetweenQuestions{500};

}  // namespace

milliseconds replacement_delay(std::size_t others) {
  constexpr std::size_t kAtOnce = 300;
  constexpr milliseconds kBetween = std::chrono::seconds(12);
  return others < kAtOnce ? milliseconds::zero()
                          : kBetween * static_cast<int>(others - kAtOnce + 1);
}

Scheduler::Scheduler(const Plan& plan, Random& random)
    : plan_(plan),
      random_(random),
      certificates_(plan.certificates.size()),
      issuers_(plan.issuers.size()) {}

Scheduler::~Scheduler() = default;

void Scheduler::add(std::size_t index, const LoadedState& state,
                    TimePoint now) {
  Certificate& certificate = certificates_[index];
  leave(index);
  const std::vector<std::size_t>& issuers = plan_.certificates[index].issuers;
  std::unique_ptr<Route>& route = routes_[issuers];
  if (!route) {
    route = std::make_unique<Route>();
    route->issuers = issuers;
  }
  if (certificate.validity) {
    pace_.remove(*certificate.validity);
  }
  certificate.route = route.get();
  certificate.validity = state.validity;
  certificate.issued_by = state.issued_by;
  certificate.window = state.window;
  certificate.is_revoked = state.is_revoked;
  certificate.is_partial = state.is_partial;
  certificate.rest_from.reset();
  certificate.backoffs.assign(issuers.size(), {0, TimePoint::min()});
  for (std::size_t i = 0; i < issuers.size(); ++i) {
    const auto backoff = state.backoffs.find(issuers[i]);
    if (backoff != state.backoffs.end()) {
      certificate.backoffs[i] = backoff->second;
    }
  }
  certificate.is_stand_in = state.is_stand_in;
  certificate.outdated_since.reset();
  if (state.is_revoked) {
    certificate.outdated_since = now;
  }
  certificate.misses_names = state.wish == LoadedState::Wish::kMoreNames;
  if (certificate.misses_names) {
    certificate.outdated_since = now;
  } else if (state.wish == LoadedState::Wish::kOther) {
    certificate.outdated_since = now + replacement_delay(replacements_++);
  }
  certificate.renew_at = now;
  certificate.save_at = state.is_unsaved ? now : TimePoint::max();
  if (state.validity) {
    pace_.add(*state.validity);
    certificate.renew_at = renewal_time(*state.validity, random_);
    certificate.ask_at =
        now + random_below(std::min<milliseconds>(
                               kBetweenQuestions *
                                   static_cast<int>(plan_.certificates.size()),
                               kLongestWaitForQuestion),
                           random_);
  }
  look_at(index, now);
}

void Scheduler::set_available(std::size_t issuer, Budget budget,
                              TimePoint now) {
  issuers_[issuer].is_available = true;
  issuers_[issuer].budget = std::move(budget);
  // Some may wait for others because it could not be asked.
  look_at_waiting(now);
}

std::optional<Task> Scheduler::take(TimePoint now) {
  while (!waiting_.empty() && waiting_.begin()->first <= now) {
    const std::size_t index = waiting_.begin()->second;
    leave(index);
    look_at(index, now);
  }
  if (auto task = take_save(now)) {
    return task;
  }
  std::vector<std::pair<Route*, Lane*>> order;
  for (const auto& [issuers, route] : routes_) {
    for (Lane& lane : route->lanes) {
      if (!lane.ready.empty()) {
        order.emplace_back(route.get(), &lane);
      }
    }
  }
  std::sort(order.begin(), order.end(), [](const auto& a, const auto& b) {
    return *a.second->ready.begin() < *b.second->ready.begin();
  });
  for (const auto& [route, lane] : order) {
    if (auto task = take_order(*route, *lane, now)) {
      return task;
    }
  }
  return take_question(now);
}

std::optional<TimePoint> Scheduler::next_due() const {
  TimePoint due = TimePoint::max();
  if (!waiting_.empty()) {
    due = waiting_.begin()->first;
  }
  for (const auto& [issuers, route] : routes_) {
    for (const Lane& lane : route->lanes) {
      if (!lane.ready.empty()) {
        due = std::min(due, lane.blocked_until);
      }
    }
  }
  return due == TimePoint::max() ? std::nullopt : std::optional(due);
}

void Scheduler::wait(std::size_t index, TimePoint due) {
  Certificate& certificate = certificates_[index];
  certificate.place = Certificate::Place::kWaiting;
  certificate.queued_at = due;
  waiting_.insert({due, index});
}

// Puts a certificate that is nowhere to where it belongs now.
void Scheduler::look_at(std::size_t index, TimePoint now) {
  Certificate& certificate = certificates_[index];
  const TimePoint order_at = certificate.order_at();
  if (certificate.save_at <= now) {
    certificate.place = Certificate::Place::kSaving;
    certificate.queued_at = certificate.save_at;
    saves_.insert({certificate.save_at, index});
  } else if (order_at <= now) {
    make_ready(index);
  } else if (certificate.ask_at <= now) {
    certificate.place = Certificate::Place::kAsking;
    certificate.queued_at = certificate.ask_at;
    questions_.insert({certificate.ask_at, index});
  } else {
    wait(index, std::min({order_at, certificate.ask_at, certificate.save_at}));
  }
}

void Scheduler::make_ready(std::size_t index) {
  Certificate& certificate = certificates_[index];
  certificate.place = Certificate::Place::kReady;
  certificate.is_exempt =
      order_kind(certificate, certificate.route->issuers.front()) ==
      OrderKind::kReplacement;
  Lane& lane = certificate.route->lanes[certificate.is_exempt ? 1 : 0];
  lane.ready.insert({certificate.rank(), index});
  lane.by_urgency.insert({certificate.urgent_at(), index});
}

void Scheduler::leave(std::size_t index) {
  Certificate& certificate = certificates_[index];
  switch (certificate.place) {
    case Certificate::Place::kWaiting:
      waiting_.erase({certificate.queued_at, index});
      break;
    case Certificate::Place::kAsking:
      questions_.erase({certificate.queued_at, index});
      break;
    case Certificate::Place::kSaving:
      saves_.erase({certificate.queued_at, index});
      break;
    case Certificate::Place::kReady: {
      Lane& lane = certificate.route->lanes[certificate.is_exempt ? 1 : 0];
      lane.ready.erase({certificate.rank(), index});
      lane.by_urgency.erase({certificate.urgent_at(), index});
      break;
    }
    case Certificate::Place::kNowhere:
    case Certificate::Place::kRunning:
      break;
  }
  certificate.place = Certificate::Place::kNowhere;
}

std::optional<Task> Scheduler::take_order(const Route& route, Lane& lane,
                                          TimePoint now) {
  // What is issued is kept at the first issuer's.
  lane.blocked_until = issuers_[route.issuers.front()].held_until;
  if (lane.blocked_until > now) {
    return std::nullopt;
  }
  // With no issuer to ask there is no need to look at every certificate.
  lane.blocked_until = TimePoint::max();
  bool none_to_ask = true;
  for (const std::size_t i : route.issuers) {
    const Issuer& issuer = issuers_[i];
    if (issuer.is_available && issuer.closed_until() > now) {
      lane.blocked_until = std::min(lane.blocked_until, issuer.closed_until());
    } else if (issuer.is_available &&
               issuer.running < plan_.issuers[i].orders_at_once) {
      none_to_ask = false;
    }
  }
  if (none_to_ask) {
    return std::nullopt;
  }
  lane.blocked_until = TimePoint::max();
  while (const auto top = top_of(lane, now)) {
    TimePoint until = TimePoint::max();
    for (std::size_t i = 0; i < route.issuers.size(); ++i) {
      const Obstacle found = obstacle(*top, i, now);
      if (found.kind == Obstacle::Kind::kNone) {
        return start_order(*top, i, now);
      }
      if (found.kind == Obstacle::Kind::kWait) {
        lane.blocked_until = std::min(lane.blocked_until, found.until);
        return std::nullopt;
      }
      until = std::min(until, found.until);
    }
    leave(*top);
    wait(*top, std::max(until, now + milliseconds(1)));
  }
  return std::nullopt;
}

// What expires first, unless it has to keep the pace.
std::optional<std::size_t> Scheduler::top_of(Lane& lane, TimePoint now) {
  if (lane.ready.empty()) {
    return std::nullopt;
  }
  if (pace_.allows_one(now)) {
    return lane.ready.begin()->second;
  }
  const Rank most_urgent = *lane.by_urgency.begin();
  if (most_urgent.first <= now) {
    return most_urgent.second;
  }
  lane.blocked_until = std::min(most_urgent.first, pace_.next(now));
  return std::nullopt;
}

Scheduler::Obstacle Scheduler::obstacle(std::size_t index, std::size_t position,
                                        TimePoint now) {
  using Kind = Obstacle::Kind;
  const Certificate& certificate = certificates_[index];
  const std::size_t id = certificate.route->issuers[position];
  const Issuer& issuer = issuers_[id];
  const Backoff& backoff = certificate.backoffs[position];
  if (backoff.retry_at > now && certificate.rest_from != position) {
    return {Kind::kElsewhere, backoff.retry_at};
  }
  if (!issuer.is_available) {
    return {Kind::kElsewhere, now + hours(1)};
  }
  if (issuer.closed_until() > now) {
    return {Kind::kElsewhere, issuer.closed_until()};
  }
  if (issuer.running >= plan_.issuers[id].orders_at_once) {
    return {Kind::kWait, TimePoint::max()};
  }
  if (!issuer.budget.has_limits()) {
    return {};
  }
  // Our own limits are no failure: what has time waits for its first issuer.
  const Kind kind =
      certificate.urgent_at() <= now ? Kind::kElsewhere : Kind::kWait;
  const OrderKind order = order_kind(certificate, id);
  const TimePoint account = issuer.budget.next_order(order, now);
  if (account > now) {
    const bool is_last = position + 1 == certificate.route->issuers.size();
    return {is_last ? Kind::kWait : kind, account};
  }
  const TimePoint own = issuer.budget.next_order_for(keys(index), order, now);
  return own > now ? Obstacle{Kind::kElsewhere, own} : Obstacle{};
}

Task Scheduler::start_order(std::size_t index, std::size_t position,
                            TimePoint now) {
  Certificate& certificate = certificates_[index];
  const std::size_t id = certificate.route->issuers[position];
  if (certificate.urgent_at() > now) {
    pace_.begin_one();
  }
  const Task task{.kind = Task::Kind::kOrder,
                  .certificate = index,
                  .issuer = id,
                  .order_kind = order_kind(certificate, id),
                  .counted_at = now,
                  .is_revoked = certificate.is_revoked,
                  .is_partial = certificate.rest_from == position};
  if (task.is_partial) {
    certificate.rest_from.reset();
  }
  Issuer& issuer = issuers_[id];
  if (issuer.budget.has_limits()) {
    issuer.budget.count_order(keys(index), task.order_kind, now);
  }
  leave(index);
  certificate.place = Certificate::Place::kRunning;
  ++issuer.running;
  return task;
}

std::optional<Task> Scheduler::take_question(TimePoint now) {
  while (!questions_.empty()) {
    const std::size_t index = questions_.begin()->second;
    Certificate& certificate = certificates_[index];
    leave(index);
    const bool has_asker =
        certificate.issued_by && issuers_[*certificate.issued_by].is_available;
    if (!has_asker) {
      certificate.ask_at = now + hours(24);
      look_at(index, now);
      continue;
    }
    const Issuer& issuer = issuers_[*certificate.issued_by];
    if (issuer.is_paused || issuer.paused_until > now) {
      certificate.ask_at =
          issuer.is_paused ? now + hours(1) : issuer.paused_until;
      look_at(index, now);
      continue;
    }
    certificate.place = Certificate::Place::kRunning;
    return Task{.kind = Task::Kind::kAskRenewalInfo,
                .certificate = index,
                .issuer = *certificate.issued_by,
                .counted_at = now};
  }
  return std::nullopt;
}

std::optional<Task> Scheduler::take_save(TimePoint now) {
  if (saves_.empty()) {
    return std::nullopt;
  }
  const std::size_t index = saves_.begin()->second;
  Certificate& certificate = certificates_[index];
  leave(index);
  certificate.place = Certificate::Place::kRunning;
  return Task{.kind = Task::Kind::kSave,
              .certificate = index,
              .issuer = certificate.route->issuers.front(),
              .counted_at = now};
}
OrderKind Scheduler::order_kind(const Certificate& certificate,
                                std::size_t issuer) const {
  if (!certificate.validity || certificate.is_stand_in ||
      certificate.issued_by != issuer) {
    return OrderKind::kNew;
  }
  return certificate.window ? OrderKind::kReplacement : OrderKind::kRenewal;
}

const BudgetKeys& Scheduler::keys(std::size_t index) {
  Certificate& certificate = certificates_[index];
  if (!certificate.keys) {
    certificate.keys = std::make_unique<BudgetKeys>(
        budget_keys(plan_.certificates[index].identifiers));
  }
  return *certificate.keys;
}

bool Scheduler::is_backing_off(std::size_t issuer, TimePoint now) const {
  return now < issuers_[issuer].paused_until;
}
TimePoint Scheduler::renew_at(std::size_t certificate) const {
  return certificates_[certificate].wanted_at();
}

bool Scheduler::is_due(const Task& order, TimePoint now) const {
  return order.is_partial || certificates_[order.certificate].is_partial ||
         renew_at(order.certificate) <= now;
}

std::optional<std::size_t> Scheduler::issued_by(std::size_t certificate) const {
  return certificates_[certificate].issued_by;
}

TimePoint Scheduler::expires(std::size_t certificate) const {
  const auto& validity = certificates_[certificate].validity;
  return validity ? validity->not_after : TimePoint::min();
}

const std::optional<RenewalWindow>& Scheduler::window(
    std::size_t certificate) const {
  return certificates_[certificate].window;
}

std::map<std::size_t, Backoff> Scheduler::backoffs(std::size_t index) const {
  const Certificate& certificate = certificates_[index];
  std::map<std::size_t, Backoff> result;
  for (std::size_t i = 0; i < certificate.backoffs.size(); ++i) {
    if (certificate.backoffs[i].failures != 0) {
      result.emplace(certificate.route->issuers[i], certificate.backoffs[i]);
    }
  }
  return result;
}

Budget& Scheduler::budget(std::size_t issuer) {
  return issuers_[issuer].budget;
}

}  // namespace acme
