// SPDX-License-Identifier: BSD-2-Clause
// The engine's care for state directories: full, failing, lost ones.
#include <chrono>
#include <set>
#include <string>

#include "acme_core/crypto/base64url.h"
#include "acme_core/crypto/digest.h"
#include "acme_core/engine/engine.h"
#include "acme_core/engine/stock_archive.h"

namespace acme {
namespace {

// How often a pair is tried again that the disk does not take although it takes
// others.
constexpr std::chrono::milliseconds kUnsavedPause = std::chrono::minutes(5);

}  // namespace

void Engine::require_writable(std::size_t issuer) {
  try {
    sessions_[issuer]->require_writable();
  } catch (const Error& error) {
    hold(issuer, error);
    throw Error(ErrorKind::kStopped, "the state directory takes no writes");
  }
  release(issuer);
}

// Several orders meet the same full disk: one line until it takes writes again.
TimePoint Engine::hold(std::size_t issuer, const Error& error) {
  sessions_[issuer]->doubt_writable();
  IssuerOutcome outcome;
  {
    const std::lock_guard lock(mutex_);
    outcome = scheduler_.hold(issuer, environment_.clock.now());
  }
  if (outcome.is_news) {
    sessions_[issuer]->log().error(error.what() + waiting_for(issuer));
  }
  return outcome.paused_until;
}

// Whose renewal a state directory holds up.
std::string Engine::waiting_for(std::size_t issuer) const {
  constexpr std::size_t kMost = 5;
  std::string names;
  std::size_t count = 0;
  for (std::size_t i = 0; i < plan_.certificates.size(); ++i) {
    if (plan_.certificates[i].issuer() == issuer && count++ < kMost) {
      names.append(names.empty() ? "" : ", ").append(keeper_.quoted(i));
    }
  }
  return count <= kMost ? "; this holds up " + names
                        : "; this holds up " + names + " and " +
                              std::to_string(count - kMost) + " more";
}

void Engine::release(std::size_t issuer) {
  bool was_held = false;
  {
    const std::lock_guard lock(mutex_);
    was_held = scheduler_.release(issuer);
  }
  if (was_held) {
    sessions_[issuer]->log().notice("the state directory \"" +
                                    sessions_[issuer]->state_path() +
                                    "\" takes what is written again");
    changed_.notify_all();
  }
}

// Who removes a state directory, or mounts another one over it, finds
// everything there again.
void Engine::watch_state(std::size_t issuer) {
  IssuerSession& session = *sessions_[issuer];
  if (session.is_in_place()) {
    return;
  }
  try {
    session.store().check();
    if (!session.try_acquire()) {
      return;  // another process works for the new one
    }
  } catch (const Error& error) {
    hold(issuer, error);
    return;
  }
  session.log().warn("the state directory \"" + session.state_path() +
                     "\" was removed or replaced; what is known and served is "
                     "stored in the new one");
  release(issuer);
  try {
    session.account().save_again();
    save_budget(issuer);
  } catch (const Error& error) {
    session.log().error(error.what());
  }
  const std::lock_guard lock(mutex_);
  for (std::size_t i = 0; i < plan_.certificates.size(); ++i) {
    if (plan_.certificates[i].issuer() == issuer) {
      scheduler_.save_later(i, environment_.clock.now());
    }
  }
}

// What no configuration mentions leaves the state directory after a while.
void Engine::tidy_stock(std::size_t issuer) {
  {
    const std::lock_guard lock(mutex_);
    tidied_at_[issuer] = environment_.clock.now();
  }
  try {
    archive_unused(sessions_[issuer]->store(), keeper_.mentioned(issuer),
                   sessions_[issuer]->log(), environment_.clock.now());
  } catch (const Error& error) {
    // Another day will do.
    sessions_[issuer]->log().info(
        std::string("cannot look for certificates that are not in use: ") +
        error.what());
  }
}

void Engine::watch_stock(std::size_t issuer) {
  {
    const std::lock_guard lock(mutex_);
    const TimePoint now = environment_.clock.now();
    const TimePoint last = tidied_at_[issuer];
    if (now < last + kFollowedNoteInterval && now >= last) {
      return;
    }
  }
  tidy_stock(issuer);
}

// Whoever owns the directory is not to take away what we serve out of it.
void Engine::note_followed(std::size_t issuer) {
  try {
    const std::set<std::string> names = keeper_.mentioned(issuer);
    std::string all;
    for (const std::string& name : names) {
      all.append(name).append(1, '\0');
    }
    const auto digest = sha256(all);
    sessions_[issuer]->foreign_store().save_followed(
        base64url_encode(digest).substr(0, 16), {names.begin(), names.end()},
        environment_.clock.now());
  } catch (const Error& error) {
    sessions_[issuer]->log().debug(error.what());
  }
}

// Whether a failure of our own comes with a state directory that takes no
// writes. The order goes on when it does again.
bool Engine::is_disk_to_blame(const Task& task, const Error& error) {
  if (error.kind() != ErrorKind::kOurs) {
    return false;
  }
  for (const std::size_t issuer :
       {plan_.certificates[task.certificate].issuer(), task.issuer}) {
    try {
      sessions_[issuer]->doubt_writable();
      sessions_[issuer]->require_writable();
    } catch (const Error& unwritable) {
      hold(issuer, unwritable);
      return true;
    }
  }
  return false;
}

// A pair that the disk did not take when it was issued, or has lost since.
void Engine::save(const Task& task) {
  const std::size_t index = task.certificate;
  const EventLog log = keeper_.log_of(index, task.issuer);
  std::optional<std::size_t> issued_by;
  TimePoint renew_at;
  {
    const std::lock_guard lock(mutex_);
    issued_by = scheduler_.issued_by(index);
    renew_at = scheduler_.renew_at(index);
  }
  std::optional<TimePoint> again;
  try {
    keeper_.save_again(index, issued_by, renew_at);
  } catch (const Error& error) {
    again = environment_.clock.now() + kUnsavedPause;
    try {
      sessions_[task.issuer]->doubt_writable();
      sessions_[task.issuer]->require_writable();
      log.error(error.what());
    } catch (const Error& unwritable) {
      again = hold(task.issuer, unwritable);
    }
  }
  if (!again) {
    release(task.issuer);
  }
  const std::lock_guard lock(mutex_);
  scheduler_.saved(task, again, environment_.clock.now());
}

}  // namespace acme
