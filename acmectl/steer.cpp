// SPDX-License-Identifier: BSD-2-Clause
// A command is handed to nginx, and its progress told.
#include "acmectl/steer.h"

#include <algorithm>
#include <chrono>
#include <utility>

#include "acme_core/error.h"
#include "acme_core/status/read_answer.h"
#include "acmectl/patience.h"
#include "acmectl/refusal.h"
#include "acmectl/signals.h"
#include "acmectl/status_reader.h"
#include "acmectl/step_line.h"

namespace acmectl {
namespace {

using acme::CommandStatus;
using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr milliseconds kFirstPause{200};
constexpr milliseconds kLongestPause{2'000};
// A reload or restart of nginx meanwhile takes no longer.
constexpr seconds kLongestSilence{60};

bool has_ended(const CommandStatus& status) {
  return status.state == "done" || status.state == "failed";
}

std::string words_for(const CommandStatus& status) {
  const std::string& subject =
      status.certificate.empty() ? status.issuer : status.certificate;
  return status.verb + (subject.empty() ? "" : " " + subject) + ": " +
         status.state + (status.text.empty() ? "" : ": " + status.text);
}

class Follower {
 public:
  Follower(const Context& context, StatusDoor& door)
      : context_(context), door_(door), line_(context.screen) {}

  int run(const std::string& path, bool is_to_wait) {
    take(door_.post(path, {}));
    if (is_to_wait && !has_ended(status_)) {
      follow();
    }
    line_.end();
    return tell();
  }

 private:
  void take(const Reply& reply) {
    require_success(door_, reply);
    auto status = acme::read_command_status(reply.body);
    if (!status) {
      refuse_nonsense(door_, reply);
    }
    status_ = std::move(*status);
    document_ = reply.body;
    if (!reply.location.empty()) {
      url_ = follow_reference(reply.location, reply.url);
    } else if (url_.empty()) {
      url_ = "1/commands/" + std::to_string(status_.id);
    }
  }

  void follow() {
    Signals signals;
    try {
      if (poll(signals)) {
        return;
      }
    } catch (const acme::Error& error) {
      if (error.kind() != acme::ErrorKind::kStopped) {
        throw;
      }
    }
    line_.end();
    context_.screen.err << "acmectl: nginx goes on with it as command "
                        << status_.id << "; it ends without acmectl\n";
    is_left_alone_ = true;
  }

  // False: nobody wants to wait any more.
  bool poll(Signals& signals) {
    using Clock = std::chrono::steady_clock;
    Clock::time_point last_answer = Clock::now();
    milliseconds pause = kFirstPause;
    line_.show(words_for(status_));
    while (signals.wait_for(pause)) {
      pause = std::min(pause * 2, kLongestPause);
      const std::string why =
          why_no_answer([&] { take(door_.get(url_, signals.stop())); });
      if (why.empty()) {
        last_answer = Clock::now();
        if (has_ended(status_)) {
          return true;  // tell() has the last word
        }
        line_.show(words_for(status_));
      } else if (Clock::now() - last_answer > kLongestSilence) {
        throw Refusal(kUnfinished, why);
      } else {
        line_.show("nginx does not answer; waiting for it");
      }
    }
    return false;
  }

  int tell() const {
    std::ostream& out = context_.screen.out;
    if (context_.json) {
      out << acme::pretty_json(document_).value_or("{}") << '\n';
    } else if (!is_left_alone_) {
      out << words_for(status_) << '\n';
    }
    if (status_.state == "failed") {
      return kFailed;
    }
    return is_left_alone_ ? kUnfinished : kOk;
  }

  const Context& context_;
  StatusDoor& door_;
  StepLine line_;
  CommandStatus status_;
  std::string document_;
  std::string url_;
  bool is_left_alone_ = false;
};

}  // namespace

int steer(const Context& context, const std::string& path, bool is_to_wait) {
  const auto door = open_door(context, /*is_to_steer=*/true, {});
  return Follower(context, *door).run(path, is_to_wait);
}

}  // namespace acmectl
