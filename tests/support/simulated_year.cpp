// SPDX-License-Identifier: BSD-2-Clause
// A year of many certificates on a virtual clock.
#include "tests/support/simulated_year.h"

#include <algorithm>
#include <array>
#include <cstdio>
#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <queue>
#include <random>
#include <set>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "acme_core/engine/scheduler.h"

namespace acme {
namespace {

using std::chrono::days;
using std::chrono::hours;
using std::chrono::milliseconds;
using std::chrono::minutes;
using std::chrono::seconds;

constexpr TimePoint kStart =
    std::chrono::sys_days(std::chrono::year(2026) / std::chrono::January / 1);
constexpr TimePoint kEnd = kStart + days(365);

constexpr std::size_t kMain = 0;
constexpr std::size_t kBackup = 1;

struct Span {
  TimePoint from;
  TimePoint to;
  [[nodiscard]] bool holds(TimePoint time) const {
    return from <= time && time < to;
  }
};

constexpr Span during(milliseconds after, milliseconds length) {
  return {kStart + after, kStart + after + length};
}

constexpr std::array kMainOutages{
    during(days(20) + hours(7), hours(1)), during(days(61), hours(6)),
    during(days(100) + hours(3), days(1)), during(days(150), days(5)),
    during(days(290), days(3))};
constexpr std::array kBackupOutages{during(days(40), hours(12)),
                                    during(days(180), days(2))};
// The first CA answers every order with "rateLimited".
constexpr std::array kRateLimited{during(days(240), hours(12))};
// The first CA wants three in ten of its certificates renewed within three
// days.
constexpr TimePoint kPull = kStart + days(210);
constexpr milliseconds kPullWindow = days(3);

class SeededRandom final : public Random {
 public:
  explicit SeededRandom(std::uint64_t seed) : engine_(seed) {}
  std::uint64_t below(std::uint64_t bound) override {
    return bound == 0 ? 0 : engine_() % bound;
  }

 private:
  std::mt19937_64 engine_;
};

template <typename Spans>
bool any_holds(const Spans& spans, TimePoint time) {
  return std::any_of(spans.begin(), spans.end(),
                     [time](const Span& span) { return span.holds(time); });
}

// What Let's Encrypt publishes, without the margin that the budget leaves.
constexpr RateLimit kOrdersPerAccount{300, hours(3)};
constexpr RateLimit kPerDomain{50, days(7)};
constexpr RateLimit kPerNameSet{5, days(7)};

// Counts as the CA does.
class CountedLimit {
 public:
  explicit CountedLimit(RateLimit limit) : limit_(limit) {}
  // False when this one is beyond the limit.
  bool count(const std::string& key, TimePoint now) {
    std::deque<TimePoint>& times = times_[key];
    while (!times.empty() && times.front() + limit_.window <= now) {
      times.pop_front();
    }
    times.push_back(now);
    return times.size() <= limit_.count;
  }
  [[nodiscard]] bool is_used_up(const std::string& key, TimePoint now) {
    const auto entry = times_.find(key);
    return entry != times_.end() &&
           std::count_if(entry->second.begin(), entry->second.end(),
                         [&](TimePoint time) {
                           return time + limit_.window > now;
                         }) >= static_cast<std::ptrdiff_t>(limit_.count);
  }

 private:
  RateLimit limit_;
  std::map<std::string, std::deque<TimePoint>> times_;
};

// What a certificate's files would hold.
struct Stored {
  LoadedState state;
  std::optional<std::size_t> open_order_at;  // the issuer of an order in flight
  bool was_expired = false;
  bool is_pulled = false;
};

struct Completion {
  TimePoint at;
  Task task;
  unsigned life;  // of the process that began it
  bool operator>(const Completion& other) const { return at > other.at; }
};

class Simulation {
 public:
  explicit Simulation(const SimulationOptions& options)
      : options_(options), random_(options.seed) {
    plan_.issuers.resize(2);
    plan_.issuers[kMain].name = "main";
    plan_.issuers[kBackup].name = "backup";
    for (std::size_t i = 0; i < options.certificates; ++i) {
      plan_.certificates.push_back(
          {.issuers = lifetime(i) == days(6) || i % 9 < 3
                          ? std::vector<std::size_t>{kMain, kBackup}
                          : std::vector<std::size_t>{kMain},
           .identifiers = {
               {Identifier::Type::kDns, "host" + std::to_string(i) + ".domain" +
                                            std::to_string(i / 40) + ".com"}}});
    }
    stored_.resize(options.certificates);
    renewals_by_hour_.resize(
        static_cast<std::size_t>((kEnd - kStart) / hours(1)) + 2);
  }

  SimulationResult run() {
    start();
    TimePoint next_restart = next_restart_after(now_);
    bool has_pulled = false;
    while (now_ < kEnd) {
      work();
      TimePoint next =
          std::min({next_restart, kEnd, scheduler_->next_due().value_or(kEnd)});
      if (!completions_.empty()) {
        next = std::min(next, completions_.top().at);
      }
      if (!has_pulled) {
        next = std::min(next, kPull);
      }
      now_ = std::max(next, now_ + milliseconds(1));
      while (!completions_.empty() && completions_.top().at <= now_) {
        const Completion completion = completions_.top();
        completions_.pop();
        complete(completion);
      }
      if (!has_pulled && now_ >= kPull) {
        has_pulled = true;
        pull_forward();
      }
      if (now_ >= next_restart) {
        restart();
        next_restart = next_restart_after(now_);
      }
    }
    return finish();
  }

 private:
  static milliseconds lifetime(std::size_t index) {
    static constexpr std::array<milliseconds, 3> kLifetimes{days(90), days(45),
                                                            days(6)};
    return kLifetimes[index % kLifetimes.size()];
  }

  bool chance(unsigned in_ten_thousand) {
    return random_.below(10'000) < in_ten_thousand;
  }

  TimePoint next_restart_after(TimePoint time) {
    return time + hours(1) +
           milliseconds(random_.below(milliseconds(days(20)).count()));
  }

  void start() {
    ++life_;
    running_.clear();
    scheduler_ = std::make_unique<Scheduler>(plan_, random_);
    const BudgetLimits limits =
        options_.limits
            ? published_limits("https://acme-v02.api.letsencrypt.org/")
            : BudgetLimits{};
    scheduler_->set_available(kMain, Budget(limits, budget_), now_);
    scheduler_->set_available(kBackup, Budget(BudgetLimits{}), now_);
    for (std::size_t i = 0; i < stored_.size(); ++i) {
      scheduler_->add(i, stored_[i].state, now_);
    }
  }

  // kill -9, and half a minute without a process.
  void restart() {
    ++result_.restarts;
    budget_ = scheduler_->budget(kMain).record(now_);
    for (std::size_t i = 0; i < stored_.size(); ++i) {
      stored_[i].state.backoffs = scheduler_->backoffs(i);
    }
    now_ += seconds(30);
    start();
  }

  void work() {
    while (const auto task = scheduler_->take(now_)) {
      if (task->kind == Task::Kind::kAskRenewalInfo) {
        answer(*task);
      } else {
        begin(*task);
      }
    }
  }

  bool is_down(std::size_t issuer) const {
    return issuer == kMain ? any_holds(kMainOutages, now_)
                           : any_holds(kBackupOutages, now_);
  }

  void no_answer(const Task& task, bool opened_order) {
    ++result_.refused;
    scheduler_->back_off(task.issuer,
                         Error(ErrorKind::kUnavailable, "no answer"), now_);
    scheduler_->stopped(task, opened_order, now_);
  }

  TimePoint next_question(const Task& task) const {
    return now_ + std::clamp<milliseconds>(lifetime(task.certificate) / 20,
                                           days(1), days(2));
  }

  void answer(const Task& task) {
    ++result_.questions;
    Stored& stored = stored_[task.certificate];
    if (task.issuer == kBackup || is_down(task.issuer)) {
      scheduler_->asked(task, stored.state.window, next_question(task), now_);
      return;
    }
    const Validity& validity = *stored.state.validity;
    const milliseconds age = renewal_age(validity);
    RenewalInfo info{validity.not_before + age - validity.lifetime() / 20,
                     validity.not_before + age,
                     {}};
    if (stored.is_pulled) {
      info = {kPull, kPull + kPullWindow, "https://ca.example/why"};
    }
    stored.state.window =
        adopt_window(info, validity, stored.state.window, random_);
    scheduler_->asked(task, stored.state.window, next_question(task), now_);
  }

  void begin(const Task& task) {
    if (!running_.insert(task.certificate).second) {
      ++result_.duplicates;
    }
    if (is_down(task.issuer)) {
      running_.erase(task.certificate);
      no_answer(task, false);
      return;
    }
    Stored& stored = stored_[task.certificate];
    if (stored.open_order_at != task.issuer) {
      open_order(task);
      stored.open_order_at = task.issuer;
    }
    completions_.push(
        {now_ + seconds(1) + milliseconds(random_.below(2'000)), task, life_});
  }

  void open_order(const Task& task) {
    ++result_.orders;
    if (task.issuer != kMain || !options_.limits ||
        task.order_kind == OrderKind::kReplacement) {
      return;
    }
    const CertificateSpec& spec = plan_.certificates[task.certificate];
    const BudgetKeys keys = budget_keys(spec.identifiers);
    bool is_within = orders_.count("", now_);
    is_within = name_sets_.count(keys.name_set, now_) && is_within;
    for (const std::string& domain : keys.domains) {
      const bool fits = domains_.count(domain, now_);
      is_within = (fits || task.order_kind == OrderKind::kRenewal) && is_within;
    }
    if (!is_within) {
      ++result_.over_limit;
    }
  }

  void complete(const Completion& completion) {
    const Task& task = completion.task;
    if (completion.life != life_) {
      return;  // its process was killed; the order is resumed
    }
    running_.erase(task.certificate);
    Stored& stored = stored_[task.certificate];
    if (is_down(task.issuer)) {
      no_answer(task, true);
      return;
    }
    if (task.issuer == kMain && any_holds(kRateLimited, now_)) {
      fail(task, Error(ErrorKind::kRateLimited, "too many")
                     .with_problem_type("rateLimited")
                     .with_retry_at(now_ + hours(1)));
      return;
    }
    if (chance(20)) {  // somebody's firewall
      fail(task, Error(ErrorKind::kTransient, "timed out")
                     .with_problem_type("connection"));
      return;
    }
    stored.open_order_at.reset();
    note_renewal(task);
    const Validity validity{now_ - hours(1), now_ + lifetime(task.certificate)};
    stored.state.validity = validity;
    stored.state.issued_by = task.issuer;
    stored.state.window.reset();
    stored.is_pulled = false;
    result_.at_backup += task.issuer == kBackup ? 1 : 0;
    scheduler_->issued(task, validity, renewal_time(validity, random_),
                       task.issuer == kMain, now_);
  }

  void fail(const Task& task, const Error& error) {
    ++result_.failures;
    stored_[task.certificate].open_order_at.reset();
    scheduler_->failed(task, error, true, now_);
  }

  void note_renewal(const Task& task) {
    Stored& stored = stored_[task.certificate];
    if (!stored.state.validity) {
      return;
    }
    stored.was_expired =
        stored.was_expired || stored.state.validity->not_after <= now_;
    ++result_.renewals;
    ++renewals_by_hour_[static_cast<std::size_t>((now_ - kStart) / hours(1))];
    if (stored.is_pulled) {
      last_pulled_ = now_;
    }
  }

  void pull_forward() {
    for (std::size_t i = 0; i < stored_.size(); ++i) {
      Stored& stored = stored_[i];
      if (i % 10 < 3 && stored.state.issued_by == kMain &&
          stored.state.validity->not_after > kPull + kPullWindow) {
        stored.is_pulled = true;
        ++result_.pulled_forward;
      }
    }
  }

  SimulationResult finish() {
    for (const Stored& stored : stored_) {
      result_.never_issued += stored.state.validity ? 0 : 1;
      result_.expired +=
          stored.was_expired || (stored.state.validity &&
                                 stored.state.validity->not_after <= now_)
              ? 1
              : 0;
    }
    result_.renewals_per_hour =
        static_cast<double>(result_.renewals) / ((kEnd - kStart) / hours(1));
    result_.peak_per_hour =
        *std::max_element(renewals_by_hour_.begin(), renewals_by_hour_.end());
    result_.hours_to_renew_pulled =
        std::chrono::duration<double, std::ratio<3600>>(last_pulled_ - kPull)
            .count();
    return result_;
  }

  const SimulationOptions options_;
  SeededRandom random_;
  Plan plan_;
  TimePoint now_ = kStart;
  unsigned life_ = 0;
  std::unique_ptr<Scheduler> scheduler_;
  std::vector<Stored> stored_;
  BudgetRecord budget_;
  std::set<std::size_t> running_;
  std::priority_queue<Completion, std::vector<Completion>, std::greater<>>
      completions_;
  CountedLimit orders_{kOrdersPerAccount};
  CountedLimit domains_{kPerDomain};
  CountedLimit name_sets_{kPerNameSet};
  std::vector<std::size_t> renewals_by_hour_;
  TimePoint last_pulled_ = kPull;
  SimulationResult result_;
};

}  // namespace

std::string SimulationResult::table() const {
  std::array<char, 1024> text{};
  std::snprintf(
      text.data(), text.size(),
      "orders %zu (failed %zu, duplicate %zu, over a limit %zu)\n"
      "requests met by an outage %zu, restarts %zu, renewal questions %zu\n"
      "renewals %zu, at the second CA %zu; an hour: %.1f on average, %zu at "
      "peak (%.2f times)\n"
      "pulled forward %zu, all renewed after %.1f h\n"
      "never issued %zu, expired %zu\n",
      orders, failures, duplicates, over_limit, refused, restarts, questions,
      renewals, at_backup, renewals_per_hour, peak_per_hour,
      static_cast<double>(peak_per_hour) / std::max(renewals_per_hour, 1e-9),
      pulled_forward, hours_to_renew_pulled, never_issued, expired);
  return text.data();
}

SimulationResult simulate_year(const SimulationOptions& options) {
  return Simulation(options).run();
}

}  // namespace acme
