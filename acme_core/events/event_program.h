// SPDX-License-Identifier: BSD-2-Clause
// Events told to a program of the operator's.
#pragma once

#include <chrono>
#include <string>
#include <vector>

#include "acme_core/env/log.h"
#include "acme_core/events/event_action.h"
#include "acme_core/events/event_receiver.h"

namespace acme {

/// Runs the program once for each event: its arguments are the event's word and
/// the certificate's name (empty for what is about an issuer), the JSON is on
/// its standard input, and event_environment() among its variables. What it
/// writes goes to the log: at info, or at warn when it failed. Whatever it
/// leaves running in its process group ends with it.
class EventProgram final : public EventReceiver {
 public:
  static constexpr std::chrono::minutes kTimeLimit{2};
  /// How long it may go on when nginx wants to end.
  static constexpr std::chrono::milliseconds kGrace{2'000};
  /// Of its exit status (EX_TEMPFAIL): it wants to be told again later.
  static constexpr int kTryAgain = 75;

  EventProgram(EventProgramSpec spec, Logger& logger,
               std::chrono::milliseconds time_limit = kTimeLimit,
               std::chrono::milliseconds grace = kGrace);

  [[nodiscard]] Delivery deliver(const std::string& id, const Event& event,
                                 const std::string& body,
                                 std::stop_token stop) override;

 private:
  const EventProgramSpec spec_;
  Logger& logger_;
  const std::chrono::milliseconds time_limit_;
  const std::chrono::milliseconds grace_;
};

/// ACME_… for the program, "NAME=value". Every value is printable. ACME_NAMES
/// has names with spaces in between, and ends early where there are more than
/// 32 KiB of them; the JSON has all.
[[nodiscard]] std::vector<std::string> event_environment(const std::string& id,
                                                         const Event& event);

/// With the issuer and the certificate that the event is about.
[[nodiscard]] EventLog log_of(Logger& logger, const Event& event);

}  // namespace acme
