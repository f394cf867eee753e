// SPDX-License-Identifier: BSD-2-Clause
// What is looked after for one issuer: its state, and what is in it.
#include "acme_core/engine/issuer_care.h"

#include <chrono>
#include <exception>
#include <utility>

#include "acme_core/engine/command_desk.h"
#include "acme_core/engine/issuer_report.h"
#include "acme_core/engine/lease_wait.h"
#include "acme_core/engine/revocation.h"
#include "acme_core/engine/stock_archive.h"

namespace acme {
namespace {

// Between two tries to revoke what was replaced.
constexpr std::chrono::hours kBetweenRevocations{1};

// The first of several certificates stands for all of them.
std::string others(std::size_t count) {
  return count == 0 ? " has"
         : count == 1
             ? ", and that of another one, have"
             : ", and those of " + std::to_string(count) + " others, have";
}

}  // namespace

void IssuerCare::acquire(const std::stop_token& stop) {
  if (!is_acquired_) {
    LeaseWait(parts_, issuer_).run(stop);
    is_acquired_ = true;
    say_what_is_held(parts_, issuer_);
  }
}

std::shared_ptr<DnsLeftovers> IssuerCare::take_leftovers() {
  if (took_leftovers_) {
    return nullptr;
  }
  try {
    session_.publish_thumbprint();
  } catch (const Error& error) {
    session_.log().error(error.what());
  }
  std::shared_ptr<DnsLeftovers> leftovers = session_.dns().take_leftovers();
  took_leftovers_ = true;
  return leftovers;
}

void IssuerCare::load(const std::stop_token& stop) {
  if (is_loaded_) {
    return;
  }
  session_.gate().open(parts_.environment.limits(session_.spec()));
  if (const std::string by = session_.store().load_account_record().paused_by;
      !by.empty()) {
    session_.log().notice("nothing is asked of it until it is resumed: " + by +
                          " has paused it");
    parts_.queue.use(
        [&](Scheduler& scheduler, TimePoint) { scheduler.pause(issuer_); });
  }
  for (std::size_t i = 0; i < parts_.plan.certificates.size(); ++i) {
    if (is_kept_here(i)) {
      unloaded_.push_back(i);
    }
  }
  is_loaded_ = true;
  load_certificates(stop);
  say_what_is_stored();
  tidy_stock();
  parts_.reports[issuer_]->publish();
  parts_.desk.is_ready(issuer_);
}

void IssuerCare::load_certificates(const std::stop_token& stop) {
  std::vector<std::size_t> failed;
  std::vector<std::size_t> expired;
  for (const std::size_t i : std::exchange(unloaded_, {})) {
    if (stop.stop_requested()) {
      return;  // ten thousand take seconds
    }
    if (parts_.queue.use([&](const Scheduler& scheduler, TimePoint) {
          return scheduler.is_running(i);
        })) {
      failed.push_back(i);  // from before another process had the state
      continue;
    }
    try {
      const LoadedState state = parts_.keeper.load(i);
      parts_.staples.is_served(i);
      parts_.queue.use([&](Scheduler& scheduler, TimePoint now) {
        scheduler.add(i, state, now);
        if (state.validity && state.validity->not_after <= now) {
          expired.push_back(i);
          static_cast<void>(alarms_.news(i, scheduler.renew_at(i),
                                         state.validity->not_after, now));
        }
      });
      parts_.notes.publish(i);
    } catch (const std::exception& error) {
      if (!std::exchange(has_told_, true)) {
        parts_.keeper.log_of(i, issuer_)
            .error(std::string(
                       "cannot be loaded, tried again every ten seconds: ") +
                   error.what());
      }
      failed.push_back(i);
    }
  }
  unloaded_ = std::move(failed);
  if (!expired.empty()) {
    parts_.keeper.log_of(expired.front(), issuer_)
        .warn("the stored certificate" + others(expired.size() - 1) +
              " expired by this machine's clock; it is served until there is "
              "a new one");
  }
  parts_.queue.wake();
}

void IssuerCare::watch(const std::stop_token& stop) {
  try {
    watch_state(stop);
    load_certificates(stop);
    watch_expiry();
    watch_stock();
    note_waiting();
    revoke_replaced(stop);
    parts_.reports[issuer_]->publish();
    note_clock();
  } catch (const Error& error) {
    if (error.kind() != ErrorKind::kStopped) {
      session_.log().error(error.what());
    }
  } catch (const std::exception& error) {
    session_.log().error(error.what());
  }
}

// As at the start: what another process has obtained is served meanwhile, and
// what is known is read again before anything is done.
void IssuerCare::follow_again(const std::stop_token& stop) {
  if (is_loaded_) {
    parts_.desk.is_not_ready(issuer_);
    session_.gate().release();
    is_acquired_ = false;
    is_loaded_ = false;
  }
  acquire(stop);
  session_.account().read_again();
  session_.gate().unblock();
  load(stop);
}

// Who removes a state directory, or mounts another one over it, finds
// everything there again.
void IssuerCare::watch_state(const std::stop_token& stop) {
  if (!is_loaded_ || session_.gate().is_taken_over()) {
    follow_again(stop);
    return;
  }
  if (session_.gate().is_in_place()) {
    return;
  }
  try {
    session_.store().check();
    if (!session_.gate().try_acquire()) {
      return;  // another process works for the new one
    }
  } catch (const Error& error) {
    session_.gate().block(error);
    return;
  }
  session_.log().warn("the state directory \"" + session_.store().place() +
                      "\" was removed or replaced; what is known and served is "
                      "stored in the new one");
  session_.gate().unblock();
  try {
    session_.account().save_again();
    session_.gate().save_budget();
  } catch (const Error& error) {
    session_.log().error(error.what());
  }
  parts_.queue.use([&](Scheduler& scheduler, TimePoint now) {
    for (std::size_t i = 0; i < parts_.plan.certificates.size(); ++i) {
      if (is_kept_here(i)) {
        scheduler.save_later(i, now);
      }
    }
  });
}

// What no configuration mentions leaves the state directory after a while.
void IssuerCare::tidy_stock() {
  tidied_at_ = parts_.environment.clock.now();
  try {
    archive_unused(session_.store(), parts_.keeper.mentioned(issuer_),
                   session_.log(), parts_.environment.clock.now());
    parts_.reports[issuer_]->look_for_orphans();
  } catch (const Error& error) {
    // Another day will do.
    session_.log().info(
        std::string("cannot look for certificates that are not in use: ") +
        error.what());
  }
}

void IssuerCare::watch_stock() {
  const TimePoint now = parts_.environment.clock.now();
  if (now >= tidied_at_ + kFollowedNoteInterval || now < tidied_at_) {
    tidy_stock();
  }
}

// What could not be revoked when it was replaced, or before a restart.
void IssuerCare::revoke_replaced(const std::stop_token& stop) {
  const TimePoint now = parts_.environment.clock.now();
  if (now < revoked_at_ + kBetweenRevocations && now >= revoked_at_) {
    return;
  }
  for (const std::size_t index : parts_.revocations.all()) {
    if (!is_kept_here(index)) {
      continue;
    }
    revoked_at_ = now;
    try {
      static_cast<void>(acme::revoke_replaced(parts_, index, stop));
    } catch (const Error& error) {
      if (error.kind() != ErrorKind::kStopped) {
        parts_.keeper.log_of(index, issuer_).warn(error.what());
      }
    }
  }
}

}  // namespace acme
