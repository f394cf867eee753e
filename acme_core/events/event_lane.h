// SPDX-License-Identifier: BSD-2-Clause
// What waits for one receiver, and the thread that delivers it: a receiver that
// hangs keeps no other one waiting.
#pragma once

#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <stop_token>
#include <string>

#include "acme_core/env/clock.h"
#include "acme_core/env/log.h"
#include "acme_core/events/event_folder.h"
#include "acme_core/events/event_receiver.h"
#include "acme_core/events/event_thread.h"
#include "acme_core/events/queued_event.h"

namespace acme {

/// One thing to be told.
struct WaitingEvent {
  QueuedEventName name;
  std::shared_ptr<EventFolder> folder = {};  ///< nullptr: there is none
  bool is_saved = false;                     ///< it has a file in the folder
  std::string body = {};                     ///< of what is not saved
  SteadyPoint not_before{};
  unsigned refusals = 0;
};

/// Delivers in the order of time, each event until it is done, a day is over,
/// or too many wait. What is saved is delivered by whichever process holds its
/// folder. Thread-safe.
class EventLane {
 public:
  /// The most that wait; of more, the oldest are dropped.
  static constexpr std::size_t kMost = 1000;
  /// How long it is tried.
  static constexpr std::chrono::hours kLongest{24};

  /// `shown` is the receiver for log lines.
  EventLane(std::string shown, std::unique_ptr<EventReceiver> receiver,
            Clock& clock, Logger& logger, const ThreadStarter& start_thread);

  /// What it has already is left as it is.
  void add(WaitingEvent event);

  /// Starts the thread if something waits; "" or why that failed.
  [[nodiscard]] std::string start_if_needed();

  /// Tries to give a file to what has none; true when nothing is left.
  bool save_unsaved();

  /// How many were dropped for want of room since the last call.
  [[nodiscard]] std::size_t take_dropped();
  [[nodiscard]] const std::string& shown() const noexcept { return shown_; }

  void request_stop() noexcept { thread_.request_stop(); }
  [[nodiscard]] bool wait_until(
      std::chrono::steady_clock::time_point deadline) {
    return thread_.wait_until(deadline);
  }

 private:
  void run(const std::stop_token& stop) noexcept;
  [[nodiscard]] std::optional<WaitingEvent> next(const std::stop_token& stop);
  [[nodiscard]] std::optional<std::chrono::milliseconds> until_due(
      const WaitingEvent& event) const;
  void deliver(const WaitingEvent& waiting, const std::stop_token& stop);
  void tell(const WaitingEvent& waiting, const Event& event,
            const std::string& body, const std::stop_token& stop);
  void try_later(const WaitingEvent& waiting, const EventLog& log,
                 const std::string& what, const Delivery& delivery);
  [[nodiscard]] std::optional<std::string> load(const WaitingEvent& waiting);
  void put_off(const WaitingEvent& waiting, std::chrono::milliseconds pause);
  void forget(const WaitingEvent& waiting) noexcept;
  void finish(const WaitingEvent& waiting);
  void drop_oldest();
  void remove_delivered(const std::string& file, EventFolder& folder);

  const std::string shown_;
  const std::unique_ptr<EventReceiver> receiver_;
  Clock& clock_;
  Logger& logger_;

  std::mutex mutex_;  ///< guards what follows
  std::condition_variable_any changed_;
  std::map<std::string, WaitingEvent> waiting_;  ///< by file: the oldest first
  std::string under_way_;                        ///< its file
  std::set<std::string> delivered_;  ///< files that could not be removed
  std::size_t dropped_ = 0;
  /// The receiver took nothing.
  unsigned failures_ = 0;
  SteadyPoint closed_until_{};

  EventThread thread_;  ///< last: it ends before the rest does
};

/// Before the next try: 10 s, doubling to an hour.
[[nodiscard]] std::chrono::seconds pause_after(unsigned failures) noexcept;

}  // namespace acme
