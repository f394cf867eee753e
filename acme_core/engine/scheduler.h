// SPDX-License-Identifier: BSD-2-Clause
// What is done next: which certificate, at which CA, and when again.
//
// Pure bookkeeping over time that its caller tells: no clock, no thread, no
// disk, so that a year of a million certificates can be played through. The
// engine asks it for tasks, carries them out and reports what became of them.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "acme_core/engine/budget.h"
#include "acme_core/engine/plan.h"
#include "acme_core/engine/renewal.h"
#include "acme_core/engine/renewal_pace.h"
#include "acme_core/env/random.h"
#include "acme_core/error.h"

namespace acme {

/// Something to do now.
struct Task {
  enum class Kind {
    kOrder,           ///< obtain or renew the certificate
    kAskRenewalInfo,  ///< ask the CA when to renew it (RFC 9773)
    kSave,            ///< write down what is served: the disk lacks it
  };
  Kind kind = Kind::kOrder;
  std::size_t certificate = 0;  ///< index into Plan::certificates
  std::size_t issuer = 0;       ///< index into Plan::issuers
  OrderKind order_kind = OrderKind::kNew;
  TimePoint counted_at;     ///< when the budget counted it
  bool is_revoked = false;  ///< the certificate in use is
  /// kOrder: without the names that are left out.
  bool is_partial = false;
};

/// Whether names that are left can be ordered after a failure.
enum class Rest {
  kNone,   ///< no: something is wrong with them too, or with none
  kIfDue,  ///< if their certificate is missing or due: nothing else has changed
  kNow,    ///< yes: other names are left out than before
};

/// What is known of a certificate when it is added.
struct LoadedState {
  /// Of the one in use; nullopt: none.
  std::optional<Validity> validity = std::nullopt;
  /// Who issued it: index into Plan::issuers, when that is still configured.
  std::optional<std::size_t> issued_by = std::nullopt;
  std::optional<RenewalWindow> window = std::nullopt;
  bool is_partial = false;  ///< names are left out of the one in use
  bool is_unsaved = false;  ///< served, and the disk did not take it
  /// Whether it is what the configuration wishes. If not, it is replaced at
  /// once; as one that is missing when visitors miss some of its names.
  enum class Wish { kFulfilled, kOther, kMoreNames };
  Wish wish = Wish::kFulfilled;
  /// It was issued for another set of names: the next one is a new one to CAs.
  bool is_stand_in = false;
  bool is_revoked = false;  ///< or is to be, as an operator wishes
  /// By index into Plan::issuers.
  std::map<std::size_t, Backoff> backoffs = {};
};

/// What became of a failed task.
struct FailureOutcome {
  TimePoint next_try;
  std::size_t next_issuer = 0;  ///< who is asked then
  unsigned failures = 0;        ///< in a row, at the issuer that failed
};

/// What follows when a CA has not finished an order.
struct WaitOutcome {
  TimePoint next_try;
  std::size_t next_issuer = 0;  ///< who is asked then
  TimePoint resumed_at;         ///< when the same order is looked at again
  bool is_news = true;          ///< the first time in a row, at this issuer
};

/// What is served and not as it is wished is replaced at once, unless there is
/// much of it: then the rest follows at three hundred an hour. `others` are
/// those before it.
[[nodiscard]] std::chrono::milliseconds replacement_delay(std::size_t others);

/// Why a certificate becomes due when it does.
enum class RenewalReason {
  kMissing,     ///< there is none
  kOther,       ///< the configuration wishes another one
  kRevoked,     ///< the CA has revoked it
  kSuggested,   ///< the CA suggests that time
  kCalledBack,  ///< likewise, long before it had to be
  kLifetime,    ///< most of its lifetime is over
  kEnd,         ///< its end is near, whatever the CA suggests
};

/// As a person reads it.
[[nodiscard]] std::string_view to_string(RenewalReason reason) noexcept;

/// What is to come for a certificate.
struct Outlook {
  std::optional<TimePoint> renew_at;  ///< nullopt: there is none to renew
  RenewalReason why = RenewalReason::kLifetime;
  std::optional<TimePoint> next_attempt;  ///< of what has failed
};

/// What is to come for an issuer.
struct IssuerOutlook {
  std::optional<TimePoint> paused_until;  ///< its back-off
  std::string paused_why;
  bool is_paused_by_operator = false;
  bool is_blocked = false;  ///< its state directory takes no writes
};

/// What happened to an issuer as a whole.
struct IssuerOutcome {
  TimePoint paused_until;
  bool is_news = true;  ///< false when the pause had begun before
};

/// Not thread-safe: its owner guards it.
class Scheduler {
 public:
  /// Both outlive the scheduler.
  Scheduler(const Plan& plan, Random& random);
  ~Scheduler();
  Scheduler(const Scheduler&) = delete;
  Scheduler& operator=(const Scheduler&) = delete;

  /// From now on the certificate is taken care of. Again for a certificate that
  /// is known: its state was read anew.
  void add(std::size_t certificate, const LoadedState& state, TimePoint now);

  /// An issuer can be asked once its account and state belong to us.
  void set_available(std::size_t issuer, Budget budget, TimePoint now);

  /// The most urgent thing to do at `now`: what expires first goes first. Ends
  /// with issued(), failed(), stopped(), asked() or saved().
  [[nodiscard]] std::optional<Task> take(TimePoint now);

  /// After take() had nothing: when it may have something, unless a task ends
  /// before; nullopt when only that can bring something.
  [[nodiscard]] std::optional<TimePoint> next_due() const;

  /// `renew_at` is by renewal_time().
  void issued(const Task& task, const Validity& validity, TimePoint renew_at,
              bool has_renewal_info, TimePoint now);
  /// `opened_order` tells whether the CA was asked for one. With a `rest` the
  /// same issuer is asked for that at once; the full set waits.
  FailureOutcome failed(const Task& task, const Error& error, bool opened_order,
                        TimePoint now, Rest rest = Rest::kNone);
  /// The CA has not finished (ErrorKind::kLater), which is no failure: the next
  /// issuer is asked at once, and this one soon again, for the same order.
  WaitOutcome put_off(const Task& task, bool opened_order, TimePoint now);
  /// Nothing is known: it is taken again.
  void stopped(const Task& task, bool opened_order, TimePoint now);
  /// The answer to kAskRenewalInfo: the adopted window, or nullopt when the CA
  /// suggests nothing of use, and when to ask again.
  void asked(const Task& task, const std::optional<RenewalWindow>& window,
             TimePoint ask_again, TimePoint now);

  /// The CA has revoked the certificate in use: it is renewed at once.
  void revoked(std::size_t certificate, TimePoint now);

  // What an operator asks for.

  /// The certificate in use is to be replaced, at once or after others.
  void replace(std::size_t certificate, TimePoint at, TimePoint now);
  /// What has failed is forgotten, as is the back-off of its issuers: it is
  /// tried at once.
  void forget_failures(std::size_t certificate, TimePoint now);
  /// Nothing is asked of the issuer until it is resumed.
  void pause(std::size_t issuer);
  void resume(std::size_t issuer, TimePoint now);

  /// What is served of this certificate is to be saved, when it has any.
  void save_later(std::size_t certificate, TimePoint now);
  /// The answer to kSave: when to try again, or nullopt when it is on disk.
  void saved(const Task& task, std::optional<TimePoint> try_again,
             TimePoint now);

  /// A task that take() gave ended in a way that nobody expected: it is done
  /// again, in a while.
  void broken_off(const Task& task, TimePoint now);
  /// The same happened in here: whatever was on its way has a place again.
  void find_lost(TimePoint now);

  /// The issuer's state directory takes no writes: nothing that would be
  /// written there is begun for a while, shorter than a CA's. `is_news` at the
  /// first since unblock(), which says whether there was something to end, but
  /// not more than once a minute.
  IssuerOutcome block(std::size_t issuer, TimePoint now);
  bool unblock(std::size_t issuer);

  /// The CA gives no answer: nothing is asked of it for a while.
  IssuerOutcome back_off(std::size_t issuer, const Error& error, TimePoint now);
  [[nodiscard]] bool is_backing_off(std::size_t issuer, TimePoint now) const;

  /// Somebody set the clock, which says `now`, forwards or backwards `by` that
  /// much: what was put off for a while takes no longer, nor less, for it.
  /// After more than a minute it comes soon: what failed by a wrong clock may
  /// work.
  void clock_was_set(std::chrono::milliseconds by, TimePoint now);

  /// The first of its issuers and why it gives no answer, when an order is
  /// wanted and none of them gives any.
  [[nodiscard]] std::optional<Waiting> waits_for(std::size_t certificate,
                                                 TimePoint now) const;
  [[nodiscard]] Outlook outlook(std::size_t certificate, TimePoint now) const;
  [[nodiscard]] IssuerOutlook issuer_outlook(std::size_t issuer,
                                             TimePoint now) const;
  [[nodiscard]] bool is_running(std::size_t certificate) const;
  [[nodiscard]] TimePoint renew_at(std::size_t certificate) const;
  /// Whether an order that take() gave is wanted at `now`, too: its time came
  /// by a clock that may have been corrected since.
  [[nodiscard]] bool is_due(const Task& order, TimePoint now) const;
  /// nullopt: none, or one that is no longer configured.
  [[nodiscard]] std::optional<std::size_t> issued_by(
      std::size_t certificate) const;
  /// TimePoint::min() while there is none.
  [[nodiscard]] TimePoint expires(std::size_t certificate) const;
  [[nodiscard]] const std::optional<RenewalWindow>& window(
      std::size_t certificate) const;
  [[nodiscard]] std::map<std::size_t, Backoff> backoffs(
      std::size_t certificate) const;
  [[nodiscard]] Budget& budget(std::size_t issuer);

  /// Another order of the same task, because challenges failed for the names:
  /// counts it, unless the limits do not allow it now.
  [[nodiscard]] bool order_again(const Task& task,
                                 const std::vector<std::string>& failed_names,
                                 TimePoint now);

  /// A renewal that the CA did not accept as replacement is opened as an order
  /// of the other kind after all.
  void count_as_renewal(Task& task, TimePoint now);

 private:
  struct Certificate;
  struct Issuer;
  struct Route;
  struct Lane;

  // A point of time that ranks a certificate in a queue.
  using Rank = std::pair<TimePoint, std::size_t>;
  struct Obstacle;

  // From place to place: waiting, ready or asking, running, and around again.
  void wait(std::size_t index, TimePoint due);
  /// Does what changes a certificate, and puts it to where it belongs then.
  template <typename Change>
  void change(std::size_t index, TimePoint now, Change change);
  void look_at(std::size_t index, TimePoint now);
  void look_at_waiting(TimePoint now);
  void make_ready(std::size_t index);
  void leave(std::size_t index);

  [[nodiscard]] std::optional<Task> take_order(const Route& route, Lane& lane,
                                               TimePoint now);
  [[nodiscard]] std::optional<Task> take_question(TimePoint now);
  [[nodiscard]] std::optional<Task> take_save(TimePoint now);
  [[nodiscard]] std::optional<std::size_t> top_of(Lane& lane, TimePoint now);
  [[nodiscard]] Obstacle obstacle(std::size_t index, std::size_t position,
                                  TimePoint now);
  [[nodiscard]] Task start_order(std::size_t index, std::size_t position,
                                 TimePoint now);
  void end_task(const Task& task, bool opened_order);
  [[nodiscard]] std::pair<TimePoint, std::size_t> next_try(
      const Certificate& certificate, std::size_t otherwise,
      TimePoint now) const;

  [[nodiscard]] OrderKind order_kind(const Certificate& certificate,
                                     std::size_t issuer) const;
  [[nodiscard]] const BudgetKeys& keys(std::size_t index);

  const Plan& plan_;
  Random& random_;
  std::vector<Certificate> certificates_;
  std::vector<Issuer> issuers_;
  std::map<std::vector<std::size_t>, std::unique_ptr<Route>> routes_;
  std::set<Rank> waiting_;    ///< by when they are looked at
  std::set<Rank> questions_;  ///< by when their renewal info became due
  std::set<Rank> saves_;      ///< by when saving them became due
  RenewalPace pace_;
  std::size_t replacements_ = 0;  ///< certificates added that are not as wished
};

}  // namespace acme
