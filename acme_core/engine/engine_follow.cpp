// SPDX-License-Identifier: BSD-2-Clause
// The engine while another process works for its state directory: an old binary
// or configuration that is about to leave, or another nginx.
#include <algorithm>
#include <chrono>
#include <memory>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "acme_core/engine/engine.h"
#include "acme_core/engine/foreign_answers.h"
#include "acme_core/engine/stock_archive.h"

namespace acme {
namespace {

using std::chrono::milliseconds;

// How often a busy state directory is tried again: quickly at first, since a
// reload's old process leaves within milliseconds.
constexpr milliseconds kFirstLockPause{10};
constexpr milliseconds kLongestLockPause{1'000};
// How often all files of another process are looked at.
constexpr milliseconds kBetweenFollowing = std::chrono::seconds(5);
// How long one may take that leaves: after that, it is another nginx.
constexpr milliseconds kLongestFarewell = std::chrono::seconds(30);

}  // namespace

// Answers of its orders are ours, too: the CA's requests reach either.
void Engine::acquire_state(std::size_t issuer, const std::stop_token& stop) {
  IssuerSession& session = *sessions_[issuer];
  ForeignAnswers answers(session.foreign_store(), environment_.responders,
                         session.log());
  const std::unique_ptr<FolderWatch> watch =
      environment_.watch_state(session.spec());
  const SteadyPoint begun = environment_.clock.steady_now();
  SteadyPoint note_at = begun;
  SteadyPoint follow_at = begun + kLongestLockPause;
  milliseconds pause = kFirstLockPause;
  bool told = false;
  bool told_of_wishes = false;
  for (;; pause = std::min(pause * 2, kLongestLockPause)) {
    bool is_another_ones = false;
    try {
      if (session.try_acquire()) {
        return;
      }
      is_another_ones = true;
      answers.follow();
    } catch (const Error& error) {
      if (!std::exchange(told, true)) {
        session.log().error(error.what() + waiting_for(issuer));
      }
    }
    const SteadyPoint now = environment_.clock.steady_now();
    const bool stays = now >= begun + kLongestLockPause;
    if (stays && !std::exchange(told, true)) {
      session.log().notice("another process works for state directory \"" +
                           session.state_path() +
                           "\"; serving what it obtains");
    }
    if (stays && is_another_ones && now >= note_at) {
      note_followed(issuer);
      note_at = now + kFollowedNoteInterval;
    }
    if (now >= follow_at) {
      follow_certificates(issuer, Following::kAll);
      follow_at = now + kBetweenFollowing;
    } else if (is_another_ones) {
      follow_certificates(issuer, Following::kMissing);
    }
    if (is_another_ones && now >= begun + kLongestFarewell &&
        !std::exchange(told_of_wishes, true)) {
      say_what_nobody_orders(issuer);
    }
    if (watch) {
      watch->wait(pause, stop);
    } else {
      static_cast<void>(environment_.clock.sleep_for(pause, stop));
    }
    if (stop.stop_requested()) {
      throw Error(ErrorKind::kStopped, "stopping");
    }
  }
}

// Two instances of nginx with the same path have one that orders.
void Engine::say_what_nobody_orders(std::size_t issuer) {
  const std::vector<std::string> list =
      sessions_[issuer]->foreign_store().load_holder();
  if (list.empty()) {
    return;  // an older version holds it, or it cannot be read
  }
  const std::set<std::string> ordered(list.begin(), list.end());
  std::vector<std::string> names;
  for (std::size_t i = 0; i < plan_.certificates.size(); ++i) {
    if (plan_.certificates[i].issuer() == issuer &&
        !ordered.contains(plan_.certificates[i].storage_name())) {
      names.push_back(plan_.certificates[i].name());
    }
  }
  if (names.empty()) {
    return;
  }
  const std::size_t others = names.size() - 1;
  sessions_[issuer]->log().warn(
      "another nginx works for the state directory \"" +
      sessions_[issuer]->state_path() +
      "\", and its configuration does not have the certificate \"" +
      names.front() + "\"" +
      (others == 0 ? ", which is"
       : others == 1
           ? " and another one, which are"
           : " and " + std::to_string(others) + " others, which are") +
      " neither ordered nor renewed while it runs: give this nginx a directory "
      "of its own with \"state_path\", or end the other one");
}

// For whoever follows us.
void Engine::say_what_is_held(std::size_t issuer) {
  std::vector<std::string> names;
  for (const CertificateSpec& spec : plan_.certificates) {
    if (spec.issuer() == issuer) {
      names.push_back(spec.storage_name());
    }
  }
  try {
    FileStore& store = sessions_[issuer]->store();
    if (store.load_holder() != names) {
      store.save_holder(names);
    }
  } catch (const Error& error) {
    sessions_[issuer]->log().debug(error.what());
  }
}

}  // namespace acme
