// SPDX-License-Identifier: BSD-2-Clause
// What is done next.
#include "acme_core/engine/scheduler.h"

#include <algorithm>
#include <array>
#include <string_view>
#include <utility>

#include "acme_core/engine/backoff.h"

namespace acme {
namespace {

using std::chrono::hours;
using std::chrono::milliseconds;

// When a CA limits the rate of so many orders in a row, it is not about one
// certificate: the others need not find out by themselves.
constexpr unsigned kRateLimitsThatPause = 3;

// Renewal info of many certificates is asked for one after the other after a
// restart.
constexpr milliseconds kBetweenQuestions{500};
constexpr milliseconds kLongestWaitForQuestion = hours(6);

// Validation depends on this host, its DNS and the network between: another CA
// would meet the same. So would it with our disk or our own listener. All else
// that a CA refuses, another may grant.
bool may_another_ca_cure(const Error& error) {
  static constexpr std::array<std::string_view, 5> kValidation{
      "connection", "dns", "incorrectResponse", "tls", "unauthorized"};
  return error.kind() != ErrorKind::kTransient ||
         (!error.problem_type().empty() &&
          std::find(kValidation.begin(), kValidation.end(),
                    error.problem_type()) == kValidation.end());
}

bool is_failed_validation(const Error& error) {
  return error.kind() == ErrorKind::kTransient &&
         !error.problem_type().empty() && !may_another_ca_cure(error);
}

}  // namespace

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
  unsigned recalls = 0;           // renewals in a row that the CA wanted early
  std::unique_ptr<BudgetKeys> keys;

  // When an order is wanted. The suggested window may be as late as it likes:
  // a certificate is not put at risk for it. Nor does a CA that calls back what
  // it has just issued get an order a minute.
  [[nodiscard]] TimePoint wanted_at() const {
    if (!validity) {
      return TimePoint::min();
    }
    const TimePoint suggested =
        window ? std::max(window->renew_at, youngest_recall(*validity, recalls))
               : renew_at;
    return std::min(suggested, urgent_time(*validity));
  }

  // From when on no other consideration delays its order: when its end is near,
  // or when the CA called it back, which may be about to revoke it.
  [[nodiscard]] TimePoint urgent_at() const {
    if (!validity) {
      return TimePoint::min();
    }
    return window && is_recall(*window, *validity)
               ? std::min(window->end, urgent_time(*validity))
               : urgent_time(*validity);
  }

  // What expires first goes first. A certificate that does not exist yet goes
  // before others, but not before one that is about to expire.
  [[nodiscard]] TimePoint rank() const {
    return validity ? validity->not_after : renew_at + hours(24);
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
  unsigned outages = 0;      // in a row
  unsigned rate_limits = 0;  // in a row
  TimePoint held_until = TimePoint::min();
  unsigned holds = 0;       // in a row
  std::size_t running = 0;  // orders
  Budget budget{BudgetLimits{}};

  // By the CA or by our own disk.
  [[nodiscard]] TimePoint closed_until() const {
    return std::max(paused_until, held_until);
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

Scheduler::Scheduler(const Plan& plan, Random& random)
    : plan_(plan),
      random_(random),
      certificates_(plan.certificates.size()),
      issuers_(plan.issuers.size()) {}

Scheduler::~Scheduler() = default;

void Scheduler::add(std::size_t index, const CertificateState& state,
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
  certificate.backoffs.assign(issuers.size(), {0, TimePoint::min()});
  for (std::size_t i = 0; i < issuers.size(); ++i) {
    const auto backoff = state.backoffs.find(issuers[i]);
    if (backoff != state.backoffs.end()) {
      certificate.backoffs[i] = backoff->second;
    }
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
  for (std::size_t i = 0; i < certificates_.size(); ++i) {
    if (certificates_[i].place == Certificate::Place::kWaiting) {
      leave(i);
      look_at(i, now);
    }
  }
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
  const TimePoint order_at =
      std::max(certificate.wanted_at(), certificate.first_retry());
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
  if (backoff.retry_at > now) {
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
  leave(index);
  certificate.place = Certificate::Place::kRunning;
  const Task task{.kind = Task::Kind::kOrder,
                  .certificate = index,
                  .issuer = id,
                  .order_kind = order_kind(certificate, id),
                  .counted_at = now};
  Issuer& issuer = issuers_[id];
  ++issuer.running;
  if (issuer.budget.has_limits()) {
    issuer.budget.count_order(keys(index), task.order_kind, now);
  }
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
    if (issuer.paused_until > now) {
      certificate.ask_at = issuer.paused_until;
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

void Scheduler::end_task(const Task& task, bool opened_order) {
  certificates_[task.certificate].place = Certificate::Place::kNowhere;
  if (task.kind != Task::Kind::kOrder) {
    return;
  }
  Issuer& issuer = issuers_[task.issuer];
  --issuer.running;
  if (!opened_order && issuer.budget.has_limits()) {
    issuer.budget.refund_order(keys(task.certificate), task.order_kind,
                               task.counted_at);
  }
}

void Scheduler::issued(const Task& task, const Validity& validity,
                       TimePoint renew_at, bool has_renewal_info,
                       TimePoint now) {
  end_task(task, true);
  Issuer& issuer = issuers_[task.issuer];
  issuer.outages = 0;
  issuer.rate_limits = 0;
  Certificate& certificate = certificates_[task.certificate];
  if (certificate.validity) {
    pace_.remove(*certificate.validity);
  }
  pace_.add(validity);
  certificate.recalls = certificate.window && is_recall(*certificate.window,
                                                        *certificate.validity)
                            ? certificate.recalls + 1
                            : 0;
  certificate.validity = validity;
  certificate.issued_by = task.issuer;
  certificate.save_at = TimePoint::max();
  certificate.window.reset();
  certificate.renew_at = renew_at;
  const auto& issuers = certificate.route->issuers;
  const auto position =
      std::find(issuers.begin(), issuers.end(), task.issuer) - issuers.begin();
  certificate.backoffs[static_cast<std::size_t>(position)] = {0, now};
  certificate.ask_at =
      has_renewal_info
          ? now + random_below(std::min<milliseconds>(validity.lifetime() / 50,
                                                      hours(1)),
                               random_)
          : TimePoint::max();
  look_at(task.certificate, now);
}

FailureOutcome Scheduler::failed(const Task& task, const Error& error,
                                 bool opened_order, TimePoint now) {
  end_task(task, opened_order);
  Certificate& certificate = certificates_[task.certificate];
  const auto& issuers = certificate.route->issuers;
  const auto position = static_cast<std::size_t>(
      std::find(issuers.begin(), issuers.end(), task.issuer) - issuers.begin());
  Backoff& backoff = certificate.backoffs[position];
  backoff.retry_at = now + retry_delay(++backoff.failures, random_);
  backoff.is_asked_for = error.retry_at().value_or(now) > backoff.retry_at;
  backoff.retry_at = std::max(backoff.retry_at, error.retry_at().value_or(now));
  if (!may_another_ca_cure(error)) {
    for (Backoff& other : certificate.backoffs) {
      other.retry_at = std::max(other.retry_at, backoff.retry_at);
    }
  }
  Issuer& issuer = issuers_[task.issuer];
  if (is_failed_validation(error) && issuer.budget.has_limits()) {
    const auto& names =
        error.names().empty() ? keys(task.certificate).names : error.names();
    for (const std::string& name : names) {
      issuer.budget.count_failure(name, now);
    }
  }
  if (error.kind() == ErrorKind::kRateLimited &&
      ++issuer.rate_limits >= kRateLimitsThatPause) {
    issuer.paused_until = std::max(
        issuer.paused_until,
        now + outage_delay(issuer.rate_limits - kRateLimitsThatPause + 1,
                           random_));
  }
  const unsigned failures = backoff.failures;
  FailureOutcome outcome{TimePoint::max(), task.issuer, failures};
  for (std::size_t i = 0; i < issuers.size(); ++i) {
    const TimePoint at = std::max({certificate.backoffs[i].retry_at,
                                   issuers_[issuers[i]].closed_until(), now});
    if (at < outcome.next_try) {
      outcome.next_try = at;
      outcome.next_issuer = issuers[i];
    }
  }
  look_at(task.certificate, now);
  return outcome;
}

void Scheduler::stopped(const Task& task, bool opened_order, TimePoint now) {
  end_task(task, opened_order);
  look_at(task.certificate, now);
}

void Scheduler::asked(const Task& task,
                      const std::optional<RenewalWindow>& window,
                      TimePoint ask_again, TimePoint now) {
  end_task(task, false);
  Certificate& certificate = certificates_[task.certificate];
  certificate.window = window;
  certificate.ask_at = ask_again;
  look_at(task.certificate, now);
}

void Scheduler::save_later(std::size_t index, TimePoint now) {
  Certificate& certificate = certificates_[index];
  if (!certificate.validity) {
    return;
  }
  certificate.save_at = now;
  if (certificate.place != Certificate::Place::kRunning) {
    leave(index);
    look_at(index, now);
  }
}

void Scheduler::saved(const Task& task, std::optional<TimePoint> try_again,
                      TimePoint now) {
  end_task(task, false);
  certificates_[task.certificate].save_at =
      try_again.value_or(TimePoint::max());
  look_at(task.certificate, now);
}

IssuerOutcome Scheduler::hold(std::size_t id, TimePoint now) {
  Issuer& issuer = issuers_[id];
  if (now < issuer.held_until) {
    return {issuer.held_until, false};
  }
  issuer.held_until = now + disk_delay(++issuer.holds);
  return {issuer.held_until, issuer.holds == 1};
}

bool Scheduler::release(std::size_t id) {
  Issuer& issuer = issuers_[id];
  issuer.held_until = TimePoint::min();
  return std::exchange(issuer.holds, 0) != 0;
}

IssuerOutcome Scheduler::pause(std::size_t id, const Error& error,
                               TimePoint now) {
  Issuer& issuer = issuers_[id];
  if (now < issuer.paused_until) {
    return {issuer.paused_until, false};
  }
  issuer.paused_until = now + outage_delay(++issuer.outages, random_);
  issuer.paused_until =
      std::max(issuer.paused_until, error.retry_at().value_or(now));
  return {issuer.paused_until, true};
}

bool Scheduler::order_again(const Task& task,
                            const std::vector<std::string>& failed_names,
                            TimePoint now) {
  Budget& budget = issuers_[task.issuer].budget;
  if (!budget.has_limits()) {
    return true;
  }
  const BudgetKeys& own = keys(task.certificate);
  if (budget.next_order(task.order_kind, now) > now ||
      budget.next_order_for(own, task.order_kind, now) > now) {
    return false;
  }
  for (const std::string& name : failed_names) {
    budget.count_failure(name, now);
  }
  budget.count_order(own, task.order_kind, now);
  return true;
}

void Scheduler::count_as_renewal(Task& task, TimePoint now) {
  Issuer& issuer = issuers_[task.issuer];
  if (task.order_kind == OrderKind::kReplacement &&
      issuer.budget.has_limits()) {
    issuer.budget.count_order(keys(task.certificate), OrderKind::kRenewal, now);
  }
  task.order_kind = OrderKind::kRenewal;
  task.counted_at = now;
}

OrderKind Scheduler::order_kind(const Certificate& certificate,
                                std::size_t issuer) const {
  if (!certificate.validity || certificate.issued_by != issuer) {
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

bool Scheduler::is_paused(std::size_t issuer, TimePoint now) const {
  return now < issuers_[issuer].paused_until;
}

void Scheduler::clock_was_set_back(TimePoint now) {
  const TimePoint soon = now + std::chrono::seconds(10);
  for (Issuer& issuer : issuers_) {
    issuer.paused_until = std::min(issuer.paused_until, soon);
    issuer.held_until = std::min(issuer.held_until, soon);
  }
  for (std::size_t i = 0; i < certificates_.size(); ++i) {
    Certificate& certificate = certificates_[i];
    const bool is_queued = certificate.place != Certificate::Place::kRunning &&
                           certificate.place != Certificate::Place::kNowhere;
    if (is_queued) {
      leave(i);
    }
    for (Backoff& backoff : certificate.backoffs) {
      backoff.retry_at = std::min(backoff.retry_at, soon);
    }
    if (certificate.ask_at != TimePoint::max()) {
      certificate.ask_at =
          std::min(certificate.ask_at, now + kLongestWaitForQuestion);
    }
    if (certificate.save_at != TimePoint::max()) {
      certificate.save_at = std::min(certificate.save_at, soon);
    }
    if (!certificate.validity) {
      certificate.renew_at = std::min(certificate.renew_at, now);
    }
    if (is_queued) {
      look_at(i, now);
    }
  }
}

TimePoint Scheduler::renew_at(std::size_t certificate) const {
  return certificates_[certificate].wanted_at();
}

bool Scheduler::is_due(const Task& order, TimePoint now) const {
  return renew_at(order.certificate) <= now;
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
