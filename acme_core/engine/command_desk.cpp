// SPDX-License-Identifier: BSD-2-Clause
// What operators ask for.
#include "acme_core/engine/command_desk.h"

#include <algorithm>
#include <chrono>
#include <exception>
#include <set>
#include <utility>

#include "acme_core/engine/issuer_report.h"
#include "acme_core/engine/revocation.h"
#include "acme_core/listed.h"

namespace acme {
namespace {

// Who asks for all of them twice does not mean it.
constexpr std::chrono::hours kTooYoung{24};

Error no_such_certificate(const std::string& name) {
  return Error(ErrorKind::kConfiguration,
               "no certificate of the configuration is called \"" + name +
                   "\"; look for its name in the list of certificates");
}

Error paused_error(const std::string& issuers) {
  return {
      ErrorKind::kConfiguration,
      "issuer " + issuers + " is paused, nothing is ordered: resume it first"};
}

}  // namespace

void CommandDesk::run(const std::stop_token& stop) {
  while (const auto command = source_->take(stop)) {
    begin(*command, stop);
  }
  const std::lock_guard lock(mutex_);
  for (const Command& command : deferred_) {
    source_->give_back(command.id);
  }
  for (const Open& open : open_) {
    source_->give_back(open.command.id);
  }
}

void CommandDesk::begin(const Command& command, const std::stop_token& stop) {
  try {
    const std::vector<std::size_t> issuers = issuers_of(command);
    {
      const std::lock_guard lock(mutex_);
      const bool can_begin = std::all_of(
          issuers.begin(), issuers.end(),
          [&](std::size_t issuer) { return ready_.contains(issuer); });
      if (!can_begin) {
        deferred_.push_back(command);
        say(command, CommandState::kWaiting,
            "waits until this process may write to the issuer's state: "
            "another one does, or it is being read");
        return;
      }
    }
    carry_out(command, stop);
  } catch (const Error& error) {
    if (error.kind() == ErrorKind::kStopped) {
      source_->give_back(command.id);
    } else {
      say(command, CommandState::kFailed, error.what());
    }
  } catch (const std::exception& error) {
    say(command, CommandState::kFailed, error.what());
  }
}

void CommandDesk::is_ready(std::size_t issuer) {
  if (source_ == nullptr) {
    return;
  }
  {
    const std::lock_guard lock(mutex_);
    ready_.insert(issuer);
    // Whoever takes them looks once more.
    for (const Command& command : std::exchange(deferred_, {})) {
      source_->give_back(command.id);
    }
  }
  source_->look_again();
}

void CommandDesk::is_not_ready(std::size_t issuer) {
  const std::lock_guard lock(mutex_);
  ready_.erase(issuer);
}

void CommandDesk::carry_out(const Command& command,
                            const std::stop_token& stop) {
  switch (command.verb) {
    case CommandVerb::kRenew:
      return renew(command);
    case CommandVerb::kRetry:
      return retry(command, certificate_of(command));
    case CommandVerb::kRevoke:
      return revoke(command, certificate_of(command), stop);
    case CommandVerb::kRollover:
    case CommandVerb::kDeactivate:
    case CommandVerb::kPause:
    case CommandVerb::kResume:
      return steer_issuer(command, issuer_of(command), stop);
  }
}

// Many begin one after another, within the limits of their issuers.
void CommandDesk::renew(const Command& command) {
  Open open{.command = command};
  const TimePoint now = parts_.environment.clock.now();
  std::size_t young = 0;
  std::set<std::string> paused;
  for (const std::size_t index : certificates_of(command)) {
    ++open.all;
    if (was_replaced(command, index)) {
      continue;
    }
    if (is_paused(index)) {
      paused.insert(issuer_name(index));
      --open.all;
      continue;
    }
    if (!command.force && was_issued_since(index, now - kTooYoung)) {
      ++young;
      --open.all;
      continue;
    }
    open.certificates.insert(index);
  }
  if (young != 0) {
    open.left_alone =
        std::to_string(young) +
        (young == 1 ? " was issued less than a day ago and is"
                    : " were issued less than a day ago and are") +
        " left as it is: \"force\" renews it all the same";
  }
  if (!paused.empty() && open.all == 0 && young == 0) {
    throw paused_error(listed(paused, in_quotes));
  }
  if (!paused.empty()) {
    open.left_alone.append(open.left_alone.empty() ? "" : "; ")
        .append("those of " + listed(paused, in_quotes) +
                " are left alone, which is paused: resume it first");
  }
  const std::set<std::size_t> wanted = open.certificates;
  this->open(std::move(open));
  std::size_t paced = 0;
  for (const std::size_t index : wanted) {
    parts_.notes.was_asked_for(index, command.asked_by);
    parts_.queue.use([&](Scheduler& scheduler, TimePoint) {
      scheduler.replace(index, now + replacement_delay(paced++), now);
      if (command.force || !command.certificate.empty()) {
        scheduler.forget_failures(index, now);
      }
    });
    parts_.notes.publish(index);
  }
  parts_.queue.wake();
}

void CommandDesk::retry(const Command& command, std::size_t certificate) {
  require_active(certificate);
  const bool is_wanted =
      parts_.queue.use([&](Scheduler& scheduler, TimePoint now) {
        return scheduler.expires(certificate) == TimePoint::min() ||
               scheduler.renew_at(certificate) <= now;
      });
  if (is_wanted) {
    open({.command = command, .certificates = {certificate}, .all = 1});
  }
  parts_.keeper.change_record(
      certificate, [](CertificateRecord& record) { record.backoffs.clear(); });
  parts_.queue.use([&](Scheduler& scheduler, TimePoint now) {
    scheduler.forget_failures(certificate, now);
  });
  parts_.queue.wake();
  parts_.notes.publish(certificate);
  if (!is_wanted) {
    say(command, CommandState::kDone,
        "no order is due; what had failed is forgotten");
  }
}

void CommandDesk::revoke(const Command& command, std::size_t certificate,
                         const std::stop_token& stop) {
  const auto reason = static_cast<RevocationReason>(command.reason);
  const auto replace = [&] {
    parts_.notes.was_asked_for(certificate, command.asked_by);
    parts_.queue.use([&](Scheduler& scheduler, TimePoint now) {
      scheduler.revoked(certificate, now);
      scheduler.replace(certificate, now, now);
      scheduler.forget_failures(certificate, now);
    });
    parts_.notes.publish(certificate);
    parts_.queue.wake();
  };
  if (command.now) {
    revoke_served(parts_, certificate, reason, command.asked_by, stop);
    replace();
    say(command, CommandState::kDone, "revoked; another one is ordered");
    return;
  }
  if (was_replaced(command, certificate)) {
    const std::string text = revoke_replaced(parts_, certificate, stop);
    if (text.empty()) {
      throw Error(ErrorKind::kConfiguration,
                  "another certificate took the place of the one that this was "
                  "asked for, and none is written down to be revoked: look at "
                  "what is served, and ask again to have that one revoked");
    }
    say(command, CommandState::kDone, text);
    return;
  }
  require_active(certificate);
  // There is room for one: that of an earlier command goes first.
  static_cast<void>(revoke_replaced(parts_, certificate, stop));
  revoke_when_replaced(parts_, certificate, reason, command.asked_by);
  open({.command = command, .certificates = {certificate}, .all = 1});
  replace();
}

void CommandDesk::steer_issuer(const Command& command, std::size_t issuer,
                               const std::stop_token& stop) {
  IssuerSession& session = *parts_.sessions[issuer];
  std::string text;
  switch (command.verb) {
    case CommandVerb::kRollover:
      session.account().roll_over(stop);
      text = "the account has another key";
      break;
    case CommandVerb::kDeactivate:
      session.account().deactivate(stop);
      set_paused(issuer, command.asked_by);
      text =
          "the account is closed, and nothing is asked of the issuer until it "
          "is resumed, with another account";
      break;
    case CommandVerb::kPause:
      set_paused(issuer, command.asked_by);
      text = "nothing is asked of it until it is resumed";
      break;
    case CommandVerb::kResume:
      set_paused(issuer, {});
      text = "it is asked again";
      break;
    case CommandVerb::kRenew:
    case CommandVerb::kRetry:
    case CommandVerb::kRevoke:
      break;
  }
  session.log().notice(text + ", as " + command.asked_by + " wishes");
  parts_.reports[issuer]->publish();
  say(command, CommandState::kDone, text);
}

void CommandDesk::set_paused(std::size_t issuer, const std::string& by) {
  parts_.sessions[issuer]->store().change_account_record(
      [&](AccountRecord& record) { record.paused_by = by; });
  parts_.queue.use([&](Scheduler& scheduler, TimePoint now) {
    if (by.empty()) {
      scheduler.resume(issuer, now);
    } else {
      scheduler.pause(issuer);
    }
  });
  parts_.queue.wake();
}

std::vector<std::size_t> CommandDesk::certificates_of(
    const Command& command) const {
  std::vector<std::size_t> found;
  for (std::size_t i = 0; i < parts_.plan.certificates.size(); ++i) {
    const CertificateSpec& spec = parts_.plan.certificates[i];
    if (command.certificate.empty()
            ? command.issuer.empty() ||
                  parts_.plan.issuers[spec.issuer()].name == command.issuer
            : spec.storage_name() == command.certificate) {
      found.push_back(i);
    }
  }
  if (found.empty() && !command.certificate.empty()) {
    throw no_such_certificate(command.certificate);
  }
  return found;
}

std::size_t CommandDesk::certificate_of(const Command& command) const {
  if (command.certificate.empty()) {
    throw no_such_certificate(command.certificate);
  }
  return certificates_of(command).front();
}

std::size_t CommandDesk::issuer_of(const Command& command) const {
  const auto& issuers = parts_.plan.issuers;
  const auto found = std::find_if(
      issuers.begin(), issuers.end(),
      [&](const auto& issuer) { return issuer.name == command.issuer; });
  if (found == issuers.end()) {
    throw Error(ErrorKind::kConfiguration,
                "no issuer of the configuration is called \"" + command.issuer +
                    "\"; look for its name in the list of issuers");
  }
  return static_cast<std::size_t>(found - issuers.begin());
}

std::vector<std::size_t> CommandDesk::issuers_of(const Command& command) const {
  switch (command.verb) {
    case CommandVerb::kRenew:
    case CommandVerb::kRetry:
    case CommandVerb::kRevoke: {
      std::set<std::size_t> issuers;
      for (const std::size_t index : certificates_of(command)) {
        issuers.insert(parts_.plan.certificates[index].issuer());
      }
      return {issuers.begin(), issuers.end()};
    }
    case CommandVerb::kRollover:
    case CommandVerb::kDeactivate:
    case CommandVerb::kPause:
    case CommandVerb::kResume:
      break;
  }
  return {issuer_of(command)};
}

bool CommandDesk::was_replaced(const Command& command,
                               std::size_t certificate) const {
  // Both times are whole seconds: what was issued in the same one may be what
  // is to be replaced.
  if (command.serial.empty()) {
    return was_issued_since(certificate,
                            command.asked_at + std::chrono::seconds(1));
  }
  const auto served = parts_.keeper.served(certificate);
  return served && served->chain.serial() != command.serial;
}

bool CommandDesk::was_issued_since(std::size_t certificate,
                                   TimePoint since) const {
  const CertificateRecord record = parts_.keeper.load_record(certificate);
  return std::any_of(record.history.begin(), record.history.end(),
                     [&](const Attempt& attempt) {
                       return attempt.succeeded && attempt.at >= since;
                     });
}

bool CommandDesk::is_paused(std::size_t certificate) {
  const auto& issuers = parts_.plan.certificates[certificate].issuers;
  return parts_.queue.use([&](const Scheduler& scheduler, TimePoint now) {
    return std::all_of(issuers.begin(), issuers.end(), [&](std::size_t issuer) {
      return scheduler.issuer_outlook(issuer, now).is_paused_by_operator;
    });
  });
}

void CommandDesk::require_active(std::size_t certificate) {
  if (is_paused(certificate)) {
    throw paused_error(in_quotes(issuer_name(certificate)));
  }
}

const std::string& CommandDesk::issuer_name(std::size_t certificate) const {
  return parts_.plan.issuers[parts_.plan.certificates[certificate].issuer()]
      .name;
}

void CommandDesk::open(Open open) {
  const std::lock_guard lock(mutex_);
  report(open);
  if (!open.certificates.empty()) {
    open_.push_back(std::move(open));
  }
}

void CommandDesk::order_ended(std::size_t certificate, bool is_issued,
                              const std::string& text,
                              const std::string& why_not_revoked) {
  const std::lock_guard lock(mutex_);
  for (auto open = open_.begin(); open != open_.end();) {
    if (open->certificates.erase(certificate) == 0) {
      ++open;
      continue;
    }
    parts_.notes.was_asked_for(certificate, {});
    const bool is_unrevoked =
        open->command.verb == CommandVerb::kRevoke && !why_not_revoked.empty();
    if ((!is_issued || is_unrevoked) && open->failed++ == 0) {
      open->first_failure = is_issued ? why_not_revoked : text;
    }
    if (open->all == 1 && is_issued) {
      open->left_alone = text;
    }
    report(*open);
    open = open->certificates.empty() ? open_.erase(open) : std::next(open);
  }
}

void CommandDesk::report(const Open& open) noexcept {
  try {
    const std::size_t left = open.certificates.size();
    std::string text = open.all <= 1
                           ? std::string()
                           : std::to_string(open.all - left - open.failed) +
                                 " of " + std::to_string(open.all) + " issued";
    const auto add = [&](const std::string& more) {
      text.append(text.empty() || more.empty() ? "" : "; ").append(more);
    };
    if (open.failed != 0) {
      add(open.all == 1
              ? open.first_failure
              : std::to_string(open.failed) + " failed: " + open.first_failure);
    }
    add(open.left_alone);
    if (left != 0) {
      add(open.all == 1 ? "it is being ordered" : "");
    } else if (text.empty()) {
      text = "there is nothing to do";
    }
    say(open.command,
        left != 0          ? CommandState::kRunning
        : open.failed != 0 ? CommandState::kFailed
                           : CommandState::kDone,
        text);
  } catch (const std::exception&) {
    say(open.command, CommandState::kRunning, {});
  }
}

void CommandDesk::say(const Command& command, CommandState state,
                      const std::string& text) noexcept {
  source_->report(command.id, state, text);
}

}  // namespace acme
