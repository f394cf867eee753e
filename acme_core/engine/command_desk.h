// SPDX-License-Identifier: BSD-2-Clause
// What operators ask for: taken, carried out, and answered.
#pragma once

#include <cstddef>
#include <list>
#include <mutex>
#include <set>
#include <stop_token>
#include <string>
#include <vector>

#include "acme_core/engine/engine_parts.h"
#include "acme_core/monitor/command.h"

namespace acme {

/// Thread-safe. One thread takes commands (run()); those that ask for orders
/// end when the orders do.
class CommandDesk {
 public:
  /// Both outlive the desk. `source` may be nullptr: nobody asks for anything.
  CommandDesk(const EngineParts& parts, CommandSource* source)
      : parts_(parts), source_(source) {}

  [[nodiscard]] bool has_work() const noexcept { return source_ != nullptr; }

  /// Takes commands until a stop is requested; then gives back what has not
  /// ended.
  void run(const std::stop_token& stop);

  /// The issuer's state belongs to us, and its certificates are known: what is
  /// asked for it can be done.
  void is_ready(std::size_t issuer);
  /// No longer: another process has its state.
  void is_not_ready(std::size_t issuer);

  /// An order of the certificate has ended; `text` says how, for people.
  /// `why_not_revoked`: the one before should have been, and is not.
  void order_ended(std::size_t certificate, bool is_issued,
                   const std::string& text,
                   const std::string& why_not_revoked = {});

 private:
  /// One that waits for orders.
  struct Open {
    Command command;
    std::set<std::size_t> certificates = {};  ///< whose orders have not ended
    std::size_t all = 0;                      ///< of them
    std::size_t failed = 0;
    std::string first_failure = {};
    std::string left_alone = {};  ///< a remark on those that were not ordered
  };

  void begin(const Command& command, const std::stop_token& stop);
  void carry_out(const Command& command, const std::stop_token& stop);
  void renew(const Command& command);
  void retry(const Command& command, std::size_t certificate);
  void revoke(const Command& command, std::size_t certificate,
              const std::stop_token& stop);
  void steer_issuer(const Command& command, std::size_t issuer,
                    const std::stop_token& stop);
  void set_paused(std::size_t issuer, const std::string& by);

  /// The certificates that it is about. Throws Error for a name of none.
  [[nodiscard]] std::vector<std::size_t> certificates_of(
      const Command& command) const;
  /// The issuers whose state it changes. Throws Error when there is no such.
  [[nodiscard]] std::vector<std::size_t> issuers_of(
      const Command& command) const;
  [[nodiscard]] std::size_t certificate_of(const Command& command) const;
  [[nodiscard]] std::size_t issuer_of(const Command& command) const;
  /// By an operator: all issuers that may be asked for the certificate.
  [[nodiscard]] bool is_paused(std::size_t certificate);
  /// Throws Error where it is paused.
  void require_active(std::size_t certificate);
  [[nodiscard]] const std::string& issuer_name(std::size_t certificate) const;
  /// Another one is served by now than was when it was asked for: before a
  /// reload came in between.
  [[nodiscard]] bool was_replaced(const Command& command,
                                  std::size_t certificate) const;
  [[nodiscard]] bool was_issued_since(std::size_t certificate,
                                      TimePoint since) const;

  /// From now on its orders are waited for: before they can end.
  void open(Open open);
  void report(const Open& open) noexcept;
  void say(const Command& command, CommandState state,
           const std::string& text) noexcept;

  const EngineParts& parts_;
  CommandSource* source_;

  std::mutex mutex_;  ///< guards what follows
  std::set<std::size_t> ready_;
  std::list<Command> deferred_;  ///< until their issuers are ready
  std::list<Open> open_;
};

}  // namespace acme
