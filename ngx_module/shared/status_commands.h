// SPDX-License-Identifier: BSD-2-Clause
// Commands in shared memory: from workers to a helper, and what became of them
// back.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "acme_core/monitor/command.h"
#include "ngx_module/shared/fixed_text.h"
#include "ngx_module/shared/process_mark.h"

namespace ngx_acme {

/// A command copied out of shared memory.
struct CopiedCommand {
  std::uint64_t id = 0;
  std::string text;  ///< as acme::write_command() has it
  acme::CommandState state = acme::CommandState::kWaiting;
  std::string result;  ///< in words; may be empty
};

/// Lives in the zone, made of zeros, guarded by its mutex. Numbers count from 1
/// and go on over reloads.
class StatusCommands {
 public:
  static constexpr std::size_t kMost = 64;
  /// A command with which as many processes have ended is given up.
  static constexpr std::uint32_t kMostDeaths = 3;

  /// Its number; the oldest that has ended makes room. nullopt when none has,
  /// or the command is too long. Throws std::bad_alloc.
  std::optional<std::uint64_t> add_locked(acme::Command command);

  /// The oldest that waits, or that a process took which runs no more, and that
  /// `wants`: from now on `taker` has it. What kMostDeaths of them had has
  /// failed.
  std::optional<acme::Command> take_locked(
      const ProcessMark& taker,
      const std::function<bool(std::uint64_t id)>& wants);

  /// What became of it; false when it is none of `taker`'s.
  bool report_locked(std::uint64_t id, const ProcessMark& taker,
                     acme::CommandState state, std::string_view text) noexcept;

  /// Waits again for whoever takes it.
  bool give_back_locked(std::uint64_t id, const ProcessMark& taker) noexcept;

  [[nodiscard]] std::optional<CopiedCommand> find_locked(
      std::uint64_t id) const;
  /// Oldest first.
  [[nodiscard]] std::vector<CopiedCommand> all_locked() const;

 private:
  struct Entry {
    std::uint64_t id;      ///< 0: empty
    std::uint32_t state;   ///< an acme::CommandState
    std::uint32_t deaths;  ///< of processes that had it
    ProcessMark taker;
    FixedText<2000> text;
    FixedText<2000> result;
  };
  static void give_up_after_deaths(Entry& entry);
  [[nodiscard]] Entry* of(std::uint64_t id, const ProcessMark& taker) noexcept;
  [[nodiscard]] static CopiedCommand copy(const Entry& entry);

  std::uint64_t last_;
  Entry entries_[kMost];
};

}  // namespace ngx_acme
