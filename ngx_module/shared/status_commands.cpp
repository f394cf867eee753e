// SPDX-License-Identifier: BSD-2-Clause
// Commands in shared memory.
#include "ngx_module/shared/status_commands.h"

#include <algorithm>
#include <iterator>

namespace ngx_acme {
namespace {

using acme::CommandState;

bool has_ended(std::uint32_t state) noexcept {
  return state == static_cast<std::uint32_t>(CommandState::kDone) ||
         state == static_cast<std::uint32_t>(CommandState::kFailed);
}

}  // namespace

std::optional<std::uint64_t> StatusCommands::add_locked(acme::Command command) {
  Entry* place = nullptr;
  for (Entry& entry : entries_) {
    if ((entry.id == 0 || has_ended(entry.state)) &&
        (place == nullptr || entry.id < place->id)) {
      place = &entry;
    }
  }
  if (place == nullptr) {
    return std::nullopt;
  }
  command.id = last_ + 1;
  const std::string text = acme::write_command(command);
  if (!place->text.assign(text)) {
    return std::nullopt;
  }
  place->result.assign({});
  place->taker = {};
  place->deaths = 0;
  place->state = static_cast<std::uint32_t>(CommandState::kWaiting);
  place->id = ++last_;
  return place->id;
}

std::optional<acme::Command> StatusCommands::take_locked(
    const ProcessMark& taker, const std::function<bool(std::uint64_t)>& wants) {
  Entry* oldest = nullptr;
  for (Entry& entry : entries_) {
    if (entry.id == 0 || has_ended(entry.state)) {
      continue;
    }
    if (entry.taker.pid != 0 && entry.taker != taker &&
        !is_running(entry.taker)) {
      give_up_after_deaths(entry);
    }
    if (entry.taker.pid == 0 && !has_ended(entry.state) &&
        (oldest == nullptr || entry.id < oldest->id) && wants(entry.id)) {
      oldest = &entry;
    }
  }
  if (oldest == nullptr) {
    return std::nullopt;
  }
  std::optional<acme::Command> command =
      acme::read_command(oldest->text.view());
  if (!command) {
    // Torn by a process that died while it wrote.
    oldest->id = 0;
    return std::nullopt;
  }
  command->id = oldest->id;
  oldest->taker = taker;
  return command;
}

// It may be the command that they ended by.
void StatusCommands::give_up_after_deaths(Entry& entry) {
  entry.taker = {};
  if (++entry.deaths < kMostDeaths) {
    return;
  }
  entry.state = static_cast<std::uint32_t>(CommandState::kFailed);
  entry.result.assign_cut("given up: the process that talks to the CAs ended " +
                          std::to_string(kMostDeaths) +
                          " times while it was at work on it; look into the "
                          "error log, and ask again when it runs");
}

bool StatusCommands::report_locked(std::uint64_t id, const ProcessMark& taker,
                                   CommandState state,
                                   std::string_view text) noexcept {
  Entry* entry = of(id, taker);
  if (entry == nullptr) {
    return false;
  }
  entry->result.assign_cut(text);
  entry->state = static_cast<std::uint32_t>(state);
  return true;
}

bool StatusCommands::give_back_locked(std::uint64_t id,
                                      const ProcessMark& taker) noexcept {
  Entry* entry = of(id, taker);
  if (entry == nullptr) {
    return false;
  }
  entry->state = static_cast<std::uint32_t>(CommandState::kWaiting);
  entry->taker = {};
  return true;
}

std::optional<CopiedCommand> StatusCommands::find_locked(
    std::uint64_t id) const {
  const auto* found =
      std::find_if(std::begin(entries_), std::end(entries_),
                   [&](const Entry& entry) { return entry.id == id; });
  return id == 0 || found == std::end(entries_) ? std::nullopt
                                                : std::optional(copy(*found));
}

std::vector<CopiedCommand> StatusCommands::all_locked() const {
  std::vector<CopiedCommand> all;
  for (const Entry& entry : entries_) {
    if (entry.id != 0) {
      all.push_back(copy(entry));
    }
  }
  std::sort(all.begin(), all.end(),
            [](const CopiedCommand& a, const CopiedCommand& b) {
              return a.id < b.id;
            });
  return all;
}

StatusCommands::Entry* StatusCommands::of(std::uint64_t id,
                                          const ProcessMark& taker) noexcept {
  auto* found = std::find_if(std::begin(entries_), std::end(entries_),
                             [&](const Entry& entry) {
                               return entry.id == id && entry.taker == taker;
                             });
  return found == std::end(entries_) ? nullptr : found;
}

CopiedCommand StatusCommands::copy(const Entry& entry) {
  return {entry.id, std::string(entry.text.view()),
          static_cast<CommandState>(entry.state),
          std::string(entry.result.view())};
}

}  // namespace ngx_acme
