// SPDX-License-Identifier: BSD-2-Clause
// What the engine knows of each certificate, kept up to date for whoever
// watches.
#pragma once

#include <cstddef>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "acme_core/engine/plan.h"
#include "acme_core/engine/task_queue.h"
#include "acme_core/env/clock.h"
#include "acme_core/monitor/monitor.h"

namespace acme {

/// Costs nothing while nobody watches. Thread-safe; call nothing of it from
/// within TaskQueue::use().
class CertificateNotes {
 public:
  /// All outlive the notes.
  CertificateNotes(const Plan& plan, Monitor& monitor, TaskQueue& queue,
                   Clock& clock);

  /// What is written down of it from now on; told with the next publish().
  void has_record(std::size_t index, const CertificateRecord& record);
  /// Whether the disk has what is served; likewise.
  void is_saved(std::size_t index, bool is_saved);
  /// It is not so because of time, but because `who` asked for it; "" ends
  /// that.
  void was_asked_for(std::size_t index, const std::string& who);

  /// An order of it is at that step; "" when there is no order any more.
  void order_is_at(std::size_t index, const std::string& issuer,
                   std::string_view step, const std::string& url);

  /// Tells what is known now.
  void publish(std::size_t index);

 private:
  Monitor& monitor_;
  TaskQueue& queue_;
  Clock& clock_;

  std::mutex mutex_;                    ///< guards what follows
  std::vector<CertificateNote> notes_;  ///< by index; empty: nobody watches
  std::vector<std::string> asked_by_;
};

}  // namespace acme
