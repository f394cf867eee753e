// SPDX-License-Identifier: BSD-2-Clause
// Takes what the engine tells and has it delivered.
#include "acme_core/events/event_dispatcher.h"

#include <algorithm>
#include <array>
#include <cinttypes>
#include <cstdint>
#include <cstdio>
#include <exception>
#include <utility>
#include <variant>

#include "acme_core/error.h"
#include "acme_core/events/event_program.h"
#include "acme_core/events/queued_event.h"

namespace acme {
namespace {

using std::chrono::milliseconds;

constexpr std::string_view kFailures = "failed.json";

// After the start: a process that this one replaces may write until it has
// ended.
constexpr std::array<milliseconds, 4> kFirstLooks{
    {std::chrono::seconds(1), std::chrono::seconds(4), std::chrono::seconds(10),
     std::chrono::seconds(45)}};
// While the disk takes nothing, or a thread is missing.
constexpr milliseconds kBetweenTries = std::chrono::minutes(1);

std::unique_ptr<EventReceiver> receiver_for(
    const EventAction& action, const EventEnvironment& environment) {
  if (const auto* program = std::get_if<EventProgramSpec>(&action.target)) {
    return std::make_unique<EventProgram>(*program, environment.logger);
  }
  return std::make_unique<Webhook>(std::get<WebhookSpec>(action.target),
                                   environment.clock, environment.connect);
}

std::string counted(std::size_t count) {
  return std::to_string(count) + (count == 1 ? " event" : " events");
}

}  // namespace

EventDispatcher::EventDispatcher(std::deque<EventAction> actions,
                                 EventEnvironment environment)
    : environment_(std::move(environment)),
      thread_(environment_.start_thread,
              [this](const std::stop_token& stop) { run(stop); }) {
  for (const EventAction& action : actions) {
    Lane& lane = lanes_[target_id(action)];
    lane.events.insert(action.events.begin(), action.events.end());
    if (!lane.lane) {
      lane.lane = std::make_unique<EventLane>(
          shown_target(action), receiver_for(action, environment_),
          environment_.clock, environment_.logger, environment_.start_thread);
    }
  }
  std::map<std::string, std::shared_ptr<Place>> by_path;
  for (const auto& [issuer, path] : environment_.state_paths) {
    std::shared_ptr<Place>& place = by_path[path];
    if (!place) {
      place = std::make_shared<Place>();
      if (!path.empty()) {
        place->folder =
            std::make_shared<EventFolder>(environment_.open_state(path));
      }
    }
    places_[issuer] = place;
  }
}

EventDispatcher::~EventDispatcher() {
  stop_delivering();
  thread_.request_stop();
}

void EventDispatcher::start() {
  if (const std::string why = thread_.start(); !why.empty()) {
    environment_.logger.write(LogLevel::kWarn, "acme: events wait: " + why);
  }
}

void EventDispatcher::tell(const Event& event) noexcept {
  try {
    const std::lock_guard lock(mutex_);
    told_.push_back(event);
    if (told_.size() > kMostTold) {
      told_.pop_front();
      ++lost_;
    }
    changed_.notify_all();
    // At the start there may have been no room for it.
    static_cast<void>(thread_.start());
  } catch (const std::exception&) {
    // No memory. Who tells must not be disturbed.
  }
}

void EventDispatcher::stop_delivering() noexcept {
  for (const auto& [target, lane] : lanes_) {
    lane.lane->request_stop();
  }
}

bool EventDispatcher::stop(milliseconds deadline) {
  const auto until = std::chrono::steady_clock::now() + deadline;
  stop_delivering();
  thread_.request_stop();
  bool all_ended = thread_.wait_until(until);
  for (const auto& [target, lane] : lanes_) {
    all_ended = lane.lane->wait_until(until) && all_ended;
  }
  return all_ended;
}

void EventDispatcher::run(const std::stop_token& stop) noexcept {
  bool is_last = false;
  next_look_ = environment_.clock.steady_now();
  while (!is_last) {
    try {
      is_last = stop.stop_requested();
      if (!is_last && next_look_ &&
          *next_look_ <= environment_.clock.steady_now()) {
        look();
        see_to_lanes();
      }

      for (const Event& event : take(stop)) {
        queue(event);
      }
      see_to_lanes();
    } catch (const std::exception& error) {
      tell_trouble(std::string("events may be lost: ") + error.what());
    }
  }
}

// What was told; empty when it is time to look, or to stop.
std::deque<Event> EventDispatcher::take(const std::stop_token& stop) {
  std::unique_lock lock(mutex_);
  if (told_.empty() && next_look_) {
    const milliseconds left = *next_look_ - environment_.clock.steady_now();
    environment_.clock.wait_for(lock, changed_, left, stop);
  } else if (told_.empty()) {
    changed_.wait(lock, stop, [this] { return !told_.empty(); });
  }
  if (const std::size_t lost = std::exchange(lost_, 0); lost > 0) {
    environment_.logger.write(
        LogLevel::kError, "acme: events lost: " + counted(lost) +
                              " dropped, the oldest first: more came at once "
                              "than the disk takes");
  }
  return std::exchange(told_, {});
}

EventDispatcher::Place& EventDispatcher::place_of(const std::string& issuer) {
  std::shared_ptr<Place>& place = places_[issuer];
  if (!place) {
    place = std::make_shared<Place>();
  }
  if (place->folder && !std::exchange(place->is_loaded, true)) {
    const ReadResult file = place->folder->get(std::string(kFailures));
    place->failures.read(std::string(file.data.begin(), file.data.end()));
  }
  return *place;
}

void EventDispatcher::queue(const Event& event) {
  Place& place = place_of(event.issuer);
  const TimePoint now = environment_.clock.now();
  if (!place.failures.is_news(event, now)) {
    return;
  }
  // Files sort by it: no two events have the same.
  const bool was_just_now =
      last_queued_ >= now && last_queued_ - now < std::chrono::minutes(1);
  last_queued_ = was_just_now ? last_queued_ + milliseconds(1) : now;
  const std::string id = new_id();
  const std::string body = write_queued_event(id, event);
  for (const auto& [target, lane] : lanes_) {
    if (lane.events.contains(event.kind)) {
      WaitingEvent waiting{.name = {target, last_queued_, id},
                           .folder = place.folder,
                           .body = body};
      save(waiting, event, place);
      lane.lane->add(std::move(waiting));
    }
  }
  save_failures(place, log_of(environment_.logger, event));
}

void EventDispatcher::save(WaitingEvent& waiting, const Event& event,
                           Place& place) {
  if (!place.folder) {
    return;
  }
  try {
    place.folder->put(waiting.name.file(), waiting.body);
    waiting.is_saved = true;
    waiting.body.clear();
    place.is_failing = false;
  } catch (const Error& error) {
    if (!std::exchange(place.is_failing, true)) {
      log_of(environment_.logger, event)
          .warn(std::string("events are kept in memory, where a restart loses "
                            "them: ") +
                error.what());
    }
  }
}

// What is not written is told again after a restart: no line for that.
void EventDispatcher::save_failures(Place& place, const EventLog& log) {
  if (!place.folder || !place.failures.is_changed()) {
    return;
  }
  try {
    place.folder->put(std::string(kFailures),
                      place.failures.write(environment_.clock.now()));
    place.failures.set_saved();
  } catch (const Error& error) {
    log.debug(error.what());
  }
}

// For what other processes have left in the state directories.
void EventDispatcher::look() {
  ++looks_;
  next_look_.reset();

  std::set<const Place*> seen;
  for (const auto& [issuer, place] : places_) {
    if (place->folder && seen.insert(place.get()).second) {
      try {
        look_into(*place);
      } catch (const Error& error) {
        EventLog(environment_.logger, issuer).debug(error.what());
      }
    }
  }
}

void EventDispatcher::look_into(Place& place) {
  std::vector<QueuedEventName> abandoned;
  for (const std::string& file : place.folder->names()) {
    const std::optional<QueuedEventName> name = parse_queued_event_name(file);
    if (!name) {
      continue;
    }
    const auto lane = lanes_.find(name->target);
    if (lane != lanes_.end()) {
      lane->second.lane->add(
          {.name = *name, .folder = place.folder, .is_saved = true});
    } else if (environment_.clock.now() - name->queued_at >=
               EventLane::kLongest) {
      abandoned.push_back(*name);
    }
  }
  const bool is_last_look = looks_ == kFirstLooks.size() + 1;
  if (abandoned.empty() && !is_last_look) {
    return;
  }
  if (const EventFolderHold hold = place.folder->try_hold()) {
    remove_abandoned(*place.folder, abandoned);
    if (is_last_look) {
      place.folder->tidy();
    }
  }
}

// Of actions that this configuration does not have. Another nginx with the same
// state directory may: each has a day.
void EventDispatcher::remove_abandoned(
    EventFolder& folder, const std::vector<QueuedEventName>& names) {
  if (names.empty()) {
    return;
  }
  for (const QueuedEventName& name : names) {
    folder.remove(name.file());
  }
  environment_.logger.write(
      LogLevel::kNotice,
      "acme: " + counted(names.size()) + " in \"" + folder.root() +
          "/events\" dropped: no \"acme_on\" has had that target for a day");
}

void EventDispatcher::see_to_lanes() {
  bool all_well = true;
  std::string trouble;
  for (const auto& [target, lane] : lanes_) {
    if (const std::size_t dropped = lane.lane->take_dropped(); dropped > 0) {
      environment_.logger.write(
          LogLevel::kError, "acme: events lost: " + counted(dropped) + " for " +
                                lane.lane->shown() +
                                " dropped, the oldest first: more than " +
                                std::to_string(EventLane::kMost) + " wait");
    }
    if (std::string why = lane.lane->start_if_needed(); !why.empty()) {
      trouble = "events wait: " + why;
    }
    all_well = lane.lane->save_unsaved() && all_well;
  }
  tell_trouble(trouble);
  plan_next_look(all_well && trouble.empty());
}

void EventDispatcher::plan_next_look(bool all_well) {
  if (next_look_) {
    return;
  }
  const SteadyPoint now = environment_.clock.steady_now();
  if (looks_ >= 1 && looks_ <= kFirstLooks.size()) {
    next_look_ = now + kFirstLooks[looks_ - 1];
  } else if (!all_well) {
    next_look_ = now + kBetweenTries;
  } else {
    next_look_.reset();
  }
}

// Once, until it is something else.
void EventDispatcher::tell_trouble(const std::string& text) {
  if (text != last_trouble_ && !text.empty()) {
    environment_.logger.write(LogLevel::kWarn, "acme: events: " + text);
  }
  last_trouble_ = text;
}

std::string EventDispatcher::new_id() {
  std::array<char, 17> digits{};
  static_cast<void>(std::snprintf(digits.data(), digits.size(), "%016" PRIx64,
                                  environment_.random.below(UINT64_MAX)));
  return digits.data();
}

}  // namespace acme
