// SPDX-License-Identifier: BSD-2-Clause
// A pair that is served and not stored.
#include "acme_core/engine/unsaved_pair.h"

#include <chrono>
#include <optional>

namespace acme {
namespace {

// How often a pair is tried again that the disk does not take although it takes
// others.
constexpr std::chrono::milliseconds kUnsavedPause = std::chrono::minutes(5);

}  // namespace

void save_unsaved(const EngineParts& parts, const Task& task) {
  const std::size_t index = task.certificate;
  IssuerGate& gate = parts.sessions[task.issuer]->gate();
  std::optional<std::size_t> issued_by;
  TimePoint renew_at;
  parts.queue.use([&](const Scheduler& scheduler, TimePoint) {
    issued_by = scheduler.issued_by(index);
    renew_at = scheduler.renew_at(index);
  });
  std::optional<TimePoint> again;
  try {
    parts.keeper.save_again(index, issued_by, renew_at);
    gate.unblock();
  } catch (const Error& error) {
    again = gate.block_if_unwritable();
    if (!again) {
      again = parts.environment.clock.now() + kUnsavedPause;
      parts.keeper.log_of(index, task.issuer).error(error.what());
    }
  }
  parts.queue.use([&](Scheduler& scheduler, TimePoint now) {
    scheduler.saved(task, again, now);
  });
}

}  // namespace acme
