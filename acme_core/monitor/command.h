// SPDX-License-Identifier: BSD-2-Clause
// What an operator asks the engine to do while it runs.
#pragma once

#include <cstdint>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>

#include "acme_core/time_point.h"

namespace acme {

enum class CommandVerb {
  kRenew,       ///< order now, whatever is left
  kRetry,       ///< forget the back-off
  kRevoke,      ///< replace, then revoke
  kRollover,    ///< another account key (RFC 8555 section 7.3.5)
  kDeactivate,  ///< close the account (section 7.3.6)
  kPause,       ///< ask nothing of this issuer
  kResume,
};

[[nodiscard]] std::string_view to_string(CommandVerb verb) noexcept;
[[nodiscard]] std::optional<CommandVerb> command_verb(
    std::string_view word) noexcept;

struct Command {
  std::uint64_t id = 0;
  CommandVerb verb = CommandVerb::kRenew;
  /// Which certificate, by storage name; empty for issuers' verbs, and for
  /// kRenew of all.
  std::string certificate;
  /// Of the certificate that whoever asks sees served: what has replaced it
  /// since is not meant. Empty: whichever is served.
  std::string serial = {};
  /// Which issuer, by name; for kRenew of all: only its certificates, or empty.
  std::string issuer;
  bool force = false;    ///< kRenew: although it is not near its renewal
  bool now = false;      ///< kRevoke: before there is another one
  int reason = 0;        ///< kRevoke: RFC 5280 section 5.3.1
  std::string asked_by;  ///< for the log: user and address
  TimePoint asked_at;
};

[[nodiscard]] std::string write_command(const Command& command);
[[nodiscard]] std::optional<Command> read_command(std::string_view text);

enum class CommandState { kWaiting, kRunning, kDone, kFailed };

[[nodiscard]] std::string_view to_string(CommandState state) noexcept;

/// Where commands come from: nginx's shared memory, or a test's queue.
/// Thread-safe. What was taken and not finished when a process ends is given to
/// the next one.
class CommandSource {
 public:
  virtual ~CommandSource() = default;

  /// Waits for one; nullopt when it is time to stop. Uses no processor while
  /// there is none.
  [[nodiscard]] virtual std::optional<Command> take(
      const std::stop_token& stop) = 0;

  /// What became of it, in words; kRunning tells how far it is.
  virtual void report(std::uint64_t id, CommandState state,
                      std::string_view text) noexcept = 0;

  /// Gives it back: another process has the lease that it needs.
  virtual void give_back(std::uint64_t id) noexcept = 0;

  /// The process that had taken some may have ended: whoever waits in take()
  /// looks once more.
  virtual void look_again() noexcept {}
};

}  // namespace acme
