// SPDX-License-Identifier: BSD-2-Clause
// Takes what the engine tells and sees to it that programs and web services
// hear of it, across restarts, without an order waiting for any of them.
#pragma once

#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <stop_token>
#include <string>
#include <vector>

#include "acme_core/env/background_thread.h"
#include "acme_core/env/clock.h"
#include "acme_core/env/log.h"
#include "acme_core/env/random.h"
#include "acme_core/events/daily_failures.h"
#include "acme_core/events/event_action.h"
#include "acme_core/events/event_folder.h"
#include "acme_core/events/event_lane.h"
#include "acme_core/events/event_thread.h"
#include "acme_core/events/webhook.h"
#include "acme_core/monitor/monitor.h"

namespace acme {

/// All references outlive the dispatcher.
struct EventEnvironment {
  Clock& clock;
  Random& random;
  Logger& logger;
  /// To a web service.
  Webhook::Connect connect;
  /// The state directory of each issuer, by its name; an issuer without one has
  /// its events in memory alone.
  std::map<std::string, std::string> state_paths;
  std::function<std::unique_ptr<FileSystem>(const std::string& path)>
      open_state;
  ThreadStarter start_thread = start_background_thread;
};

/// libcurl, the machine's clock, disk and random numbers.
[[nodiscard]] EventEnvironment real_event_environment(
    const std::string& user_agent, Logger& logger,
    std::map<std::string, std::string> state_paths);

/// An event is written to the disk for each action that wants it and removed
/// when it was delivered: it is delivered at least once, by this process or the
/// next one. One thread writes, and one for each target delivers. Actions with
/// the same target are one.
class EventDispatcher final : public Monitor {
 public:
  /// The most that may be told before they are on disk.
  static constexpr std::size_t kMostTold = 1000;

  EventDispatcher(std::deque<EventAction> actions,
                  EventEnvironment environment);
  /// Stops, however long that takes.
  ~EventDispatcher() override;
  EventDispatcher(const EventDispatcher&) = delete;
  EventDispatcher& operator=(const EventDispatcher&) = delete;

  /// Starts the thread that writes, which also looks for what earlier
  /// processes have left. Call once.
  void start();

  /// Events are all it wants.
  [[nodiscard]] bool is_watched() const noexcept override { return false; }

  /// Returns at once.
  void tell(const Event& event) noexcept override;

  /// Begins nothing more, and ends what is under way within seconds. What is
  /// told from now on is for the next process.
  void stop_delivering() noexcept;

  /// Writes what is not on disk and ends all threads; false when some still run
  /// after `deadline`.
  bool stop(std::chrono::milliseconds deadline);

 private:
  struct Place {
    std::shared_ptr<EventFolder> folder;  ///< nullptr: memory alone
    DailyFailures failures;
    bool is_loaded = false;
    bool is_failing = false;  ///< the disk, which was told
  };
  struct Lane {
    std::set<EventKind> events;
    std::unique_ptr<EventLane> lane;
  };

  void run(const std::stop_token& stop) noexcept;
  [[nodiscard]] std::deque<Event> take(const std::stop_token& stop);
  void queue(const Event& event);
  void save(WaitingEvent& waiting, const Event& event, Place& place);
  void save_failures(Place& place, const EventLog& log);
  [[nodiscard]] Place& place_of(const std::string& issuer);
  void look();
  void look_into(Place& place);
  void remove_abandoned(EventFolder& folder,
                        const std::vector<QueuedEventName>& names);
  void see_to_lanes();
  void plan_next_look(bool all_well);
  void tell_trouble(const std::string& text);
  [[nodiscard]] std::string new_id();

  EventEnvironment environment_;
  std::map<std::string, Lane> lanes_;                     ///< by target
  std::map<std::string, std::shared_ptr<Place>> places_;  ///< by issuer
  std::size_t looks_ = 0;
  std::optional<SteadyPoint> next_look_;
  TimePoint last_queued_{};
  std::string last_trouble_;

  std::mutex mutex_;  ///< guards what follows
  std::condition_variable_any changed_;
  std::deque<Event> told_;
  std::size_t lost_ = 0;

  EventThread thread_;  ///< last: it ends before the rest does
};

}  // namespace acme
