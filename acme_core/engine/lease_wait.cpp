// SPDX-License-Identifier: BSD-2-Clause
// An issuer whose state another process has the lease of.
#include "acme_core/engine/lease_wait.h"

#include <algorithm>
#include <memory>
#include <utility>

#include "acme_core/crypto/base64url.h"
#include "acme_core/crypto/digest.h"
#include "acme_core/engine/foreign_answers.h"
#include "acme_core/engine/issuer_report.h"
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
// The same when a file has changed.
constexpr milliseconds kAfterChange = std::chrono::seconds(1);
// How long one may take that leaves: after that, it is another nginx.
constexpr milliseconds kLongestFarewell = std::chrono::seconds(30);

}  // namespace

// Answers of its orders are ours, too: the CA's requests reach either.
void LeaseWait::run(const std::stop_token& stop) {
  ForeignAnswers answers(session_.reader(), parts_.environment.responders,
                         session_.log());
  const std::unique_ptr<ChangeWatch> watch = session_.store().watch();
  const SteadyPoint begun = parts_.environment.clock.steady_now();
  SteadyPoint note_at = begun;
  SteadyPoint follow_at = begun + kLongestLockPause;
  milliseconds pause = kFirstLockPause;
  bool told = false;
  bool told_of_wishes = false;
  for (;; pause = std::min(pause * 2, kLongestLockPause)) {
    bool is_another_ones = false;
    try {
      if (session_.gate().try_acquire()) {
        return;
      }
      is_another_ones = true;
      answers.follow();
    } catch (const Error& error) {
      if (!std::exchange(told, true)) {
        session_.log().error(error.what() + session_.gate().holds_up());
      }
    }
    const SteadyPoint now = parts_.environment.clock.steady_now();
    const bool stays = now >= begun + kLongestLockPause;
    if (stays && !std::exchange(told, true)) {
      session_.log().notice("another process works for state directory \"" +
                            session_.store().place() +
                            "\"; serving what it obtains");
    }
    if (stays && is_another_ones && now >= note_at) {
      note_followed();
      parts_.reports[issuer_]->publish();
      note_at = now + kFollowedNoteInterval;
    }
    if (now >= follow_at) {
      follow_certificates(Following::kAll);
      follow_at = now + kBetweenFollowing;
    } else if (is_another_ones) {
      follow_certificates(Following::kMissing);
    }
    if (is_another_ones && now >= begun + kLongestFarewell &&
        !std::exchange(told_of_wishes, true)) {
      say_what_nobody_orders();
    }
    if (watch) {
      if (watch->wait(pause, stop)) {
        follow_at = std::min(follow_at, now + kAfterChange);
      }
    } else {
      static_cast<void>(parts_.environment.clock.sleep_for(pause, stop));
    }
    if (stop.stop_requested()) {
      throw Error(ErrorKind::kStopped, "stopping");
    }
  }
}

void LeaseWait::follow_certificates(Following following) {
  if (following == Following::kAll) {
    try {
      session_.publish_foreign_thumbprint();
    } catch (const Error& error) {
      session_.log().debug(error.what());
    }
  }
  for (std::size_t i = 0; i < parts_.plan.certificates.size(); ++i) {
    if (parts_.plan.certificates[i].issuer() == issuer_ &&
        (following == Following::kAll ||
         !parts_.environment.publisher.has_certificate(i))) {
      try {
        parts_.keeper.follow(i);
      } catch (const Error& error) {
        parts_.keeper.log_of(i, issuer_).warn(error.what());
      }
    }
  }
}

// Two instances of nginx with the same path have one that orders.
void LeaseWait::say_what_nobody_orders() {
  const std::vector<std::string> list = session_.reader().load_holder();
  if (list.empty()) {
    return;  // an older version holds it, or it cannot be read
  }
  const std::set<std::string> ordered(list.begin(), list.end());
  std::vector<std::string> names;
  for (std::size_t i = 0; i < parts_.plan.certificates.size(); ++i) {
    if (parts_.plan.certificates[i].issuer() == issuer_ &&
        !ordered.contains(parts_.plan.certificates[i].storage_name())) {
      names.push_back(parts_.plan.certificates[i].name());
    }
  }
  if (names.empty()) {
    return;
  }
  const std::size_t others = names.size() - 1;
  session_.log().warn(
      "another nginx works for the state directory \"" +
      session_.store().place() +
      "\", and its configuration does not have the certificate \"" +
      names.front() + "\"" +
      (others == 0 ? ", which is"
       : others == 1
           ? " and another one, which are"
           : " and " + std::to_string(others) + " others, which are") +
      " neither ordered nor renewed while it runs: give this nginx a directory "
      "of its own with \"state_path\", or end the other one");
}

// Whoever owns the directory is not to take away what we serve out of it.
void LeaseWait::note_followed() {
  try {
    const std::set<std::string> names = parts_.keeper.mentioned(issuer_);
    std::string all;
    for (const std::string& name : names) {
      all.append(name).append(1, '\0');
    }
    const auto digest = sha256(all);
    session_.reader().save_followed(base64url_encode(digest).substr(0, 16),
                                    {names.begin(), names.end()},
                                    parts_.environment.clock.now());
  } catch (const Error& error) {
    session_.log().debug(error.what());
  }
}

void say_what_is_held(const EngineParts& parts, std::size_t issuer) {
  std::vector<std::string> names;
  for (const CertificateSpec& spec : parts.plan.certificates) {
    if (spec.issuer() == issuer) {
      names.push_back(spec.storage_name());
    }
  }
  try {
    Store& store = parts.sessions[issuer]->store();
    if (store.load_holder() != names) {
      store.save_holder(names);
    }
  } catch (const Error& error) {
    parts.sessions[issuer]->log().debug(error.what());
  }
}

}  // namespace acme
