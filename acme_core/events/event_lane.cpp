// SPDX-License-Identifier: BSD-2-Clause
// What waits for one receiver, and the thread that delivers it.
#include "acme_core/events/event_lane.h"

#include <algorithm>
#include <exception>
#include <string_view>
#include <utility>

#include "acme_core/error.h"
#include "acme_core/events/event_program.h"

namespace acme {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using End = Delivery::End;

constexpr seconds kFirstPause{10};
constexpr seconds kLongestPause = std::chrono::hours(1);
// Another process delivers: soon it is done, or has ended.
constexpr milliseconds kUntilFree{1'000};
// The disk gives nothing.
constexpr milliseconds kUntilReadable{10'000};

std::string in_words(seconds pause) {
  return pause < std::chrono::minutes(2)
             ? std::to_string(pause.count()) + " s"
             : std::to_string(pause.count() / 60) + " min";
}

}  // namespace

seconds pause_after(unsigned failures) noexcept {
  constexpr unsigned kMostDoublings = 9;
  const unsigned doublings =
      std::min(failures == 0 ? 0 : failures - 1, kMostDoublings);
  return std::min(kFirstPause * (1U << doublings), kLongestPause);
}

EventLane::EventLane(std::string shown, std::unique_ptr<EventReceiver> receiver,
                     Clock& clock, Logger& logger,
                     const ThreadStarter& start_thread)
    : shown_(std::move(shown)),
      receiver_(std::move(receiver)),
      clock_(clock),
      logger_(logger),
      thread_(start_thread,
              [this](const std::stop_token& stop) { run(stop); }) {}

void EventLane::add(WaitingEvent event) {
  const std::lock_guard lock(mutex_);
  const std::string file = event.name.file();
  if (delivered_.contains(file)) {
    remove_delivered(file, *event.folder);
    return;
  }
  waiting_.try_emplace(file, std::move(event));
  if (waiting_.size() > kMost) {
    drop_oldest();
  }
  changed_.notify_all();
}

// The disk would not let go of it. Call with mutex_ held.
void EventLane::remove_delivered(const std::string& file, EventFolder& folder) {
  try {
    folder.remove(file);
    delivered_.erase(file);
  } catch (const Error&) {
    // It stays until the disk takes writes again.
  }
}

// Call with mutex_ held.
void EventLane::drop_oldest() {
  auto oldest = waiting_.begin();
  if (oldest->first == under_way_) {
    ++oldest;
  }
  if (oldest->second.is_saved) {
    try {
      oldest->second.folder->remove(oldest->first);
    } catch (const Error&) {
      // Then it is found, and perhaps dropped, again by another process.
    }
  }
  waiting_.erase(oldest);
  ++dropped_;
}

std::size_t EventLane::take_dropped() {
  const std::lock_guard lock(mutex_);
  return std::exchange(dropped_, 0);
}

std::string EventLane::start_if_needed() {
  {
    const std::lock_guard lock(mutex_);
    if (waiting_.empty()) {
      return {};
    }
  }
  return thread_.start();
}

bool EventLane::save_unsaved() {
  const std::lock_guard lock(mutex_);
  bool is_complete = true;
  for (auto& [file, event] : waiting_) {
    if (event.is_saved || !event.folder || file == under_way_) {
      continue;
    }
    try {
      event.folder->put(file, event.body);
      event.is_saved = true;
      event.body.clear();
    } catch (const Error&) {
      is_complete = false;  // the first of them was told
    }
  }
  return is_complete;
}

void EventLane::run(const std::stop_token& stop) noexcept {
  while (!stop.stop_requested()) {
    try {
      const std::optional<WaitingEvent> waiting = next(stop);
      if (!waiting) {
        return;
      }
      deliver(*waiting, stop);
    } catch (const std::exception&) {
      // Stopped, which ends the loop; or no memory, which passes.
      const std::lock_guard lock(mutex_);
      closed_until_ = clock_.steady_now() + kUntilReadable;
    }
    const std::lock_guard lock(mutex_);
    under_way_.clear();
  }
}

// nullopt: it need not be waited for.
std::optional<milliseconds> EventLane::until_due(
    const WaitingEvent& event) const {
  const SteadyPoint due = std::max(event.not_before, closed_until_);
  const SteadyPoint now = clock_.steady_now();
  return due <= now ? std::nullopt : std::optional<milliseconds>(due - now);
}

// Waits for something that is due; nullopt when it is time to stop.
std::optional<WaitingEvent> EventLane::next(const std::stop_token& stop) {
  std::unique_lock lock(mutex_);
  bool rests = false;
  while (!stop.stop_requested()) {
    std::optional<milliseconds> soonest;
    for (const auto& [file, event] : waiting_) {
      const std::optional<milliseconds> left = until_due(event);
      if (!left) {
        under_way_ = file;
        return event;
      }
      soonest = soonest ? std::min(*soonest, *left) : *left;
    }
    if (!rests) {
      lock.unlock();
      receiver_->rest();
      rests = true;
      lock.lock();
    } else if (soonest) {
      clock_.wait_for(lock, changed_, *soonest, stop);
    } else {
      changed_.wait(lock, stop, [this] { return !waiting_.empty(); });
    }
  }
  return std::nullopt;
}

void EventLane::deliver(const WaitingEvent& waiting,
                        const std::stop_token& stop) {
  EventFolderHold hold;
  std::optional<std::string> body = waiting.body;
  if (waiting.is_saved) {
    try {
      hold = waiting.folder->try_hold();
    } catch (const Error&) {
      put_off(waiting, kUntilReadable);
      return;
    }
    if (!hold) {
      put_off(waiting, kUntilFree);
      return;
    }
    body = load(waiting);
  }
  if (!body) {
    return;
  }
  if (const std::optional<Event> event = read_event(*body)) {
    tell(waiting, *event, *body, stop);
    return;
  }
  logger_.write(
      LogLevel::kWarn,
      "acme: the event in \"" + waiting.name.file() +
          (waiting.folder ? "\" of \"" + waiting.folder->root() + "/events"
                          : "") +
          "\" is damaged and lost");
  finish(waiting);
}

// The content of its file. When there is none now, what has to be done about it
// is done.
std::optional<std::string> EventLane::load(const WaitingEvent& waiting) {
  const ReadResult file = waiting.folder->get(waiting.name.file());
  switch (file.status) {
    case ReadResult::Status::kOk:
    case ReadResult::Status::kRefused:
      return std::string(file.data.begin(), file.data.end());
    case ReadResult::Status::kNotFound:
      forget(waiting);  // another process has delivered or dropped it
      return std::nullopt;
    case ReadResult::Status::kFailed:
      break;
  }
  put_off(waiting, kUntilReadable);
  return std::nullopt;
}

void EventLane::tell(const WaitingEvent& waiting, const Event& event,
                     const std::string& body, const std::stop_token& stop) {
  const EventLog log = log_of(logger_, event);
  const std::string what = "event \"" + std::string(to_string(event.kind)) +
                           "\" of " + rfc3339(event.at);
  const Delivery delivery =
      receiver_->deliver(waiting.name.id, event, body, stop);
  const bool is_over = delivery.end == End::kDone ||
                       delivery.end == End::kFailed ||
                       clock_.now() - waiting.name.queued_at >= kLongest;
  if (!is_over) {
    try_later(waiting, log, what, delivery);
    return;
  }
  {
    const std::lock_guard lock(mutex_);
    if (delivery.end != End::kUnavailable) {
      failures_ = 0;
    }
  }
  if (delivery.end == End::kDone) {
    log.notice(what + " was told to " + shown_);
  } else {
    log.error(what + " could not be told to " + shown_ + ": " + delivery.why +
              (delivery.end == End::kFailed
                   ? "; it is not tried again"
                   : "; it is dropped after a day of tries"));
  }
  finish(waiting);
}

// There is nothing more to be done about it.
void EventLane::finish(const WaitingEvent& waiting) {
  forget(waiting);
  if (!waiting.is_saved) {
    return;
  }
  try {
    waiting.folder->remove(waiting.name.file());
  } catch (const Error& error) {
    logger_.write(LogLevel::kWarn,
                  std::string("acme: ") + error.what() +
                      "; after a restart that event is told again");
    const std::lock_guard lock(mutex_);
    delivered_.insert(waiting.name.file());
  }
}

void EventLane::try_later(const WaitingEvent& waiting, const EventLog& log,
                          const std::string& what, const Delivery& delivery) {
  unsigned tries = 0;
  seconds pause{0};
  {
    const std::lock_guard lock(mutex_);
    const auto entry = waiting_.find(waiting.name.file());
    const bool is_closed = delivery.end == End::kUnavailable;
    failures_ = is_closed ? failures_ + 1 : 0;
    if (!is_closed && entry != waiting_.end()) {
      ++entry->second.refusals;
    }
    tries = is_closed ? failures_ : waiting.refusals + 1;
    pause = pause_after(tries);
    const SteadyPoint then = clock_.steady_now() + pause;
    if (is_closed) {
      closed_until_ = then;
    } else if (entry != waiting_.end()) {
      entry->second.not_before = then;
    }
  }
  log.write(tries == 1 ? LogLevel::kWarn : LogLevel::kInfo,
            what + " could not be told to " + shown_ + ": " + delivery.why +
                "; next try in " + in_words(pause));
}

void EventLane::put_off(const WaitingEvent& waiting, milliseconds pause) {
  const std::lock_guard lock(mutex_);
  const auto entry = waiting_.find(waiting.name.file());
  if (entry != waiting_.end()) {
    entry->second.not_before = clock_.steady_now() + pause;
  }
}

void EventLane::forget(const WaitingEvent& waiting) noexcept {
  const std::lock_guard lock(mutex_);
  waiting_.erase(waiting.name.file());
}

}  // namespace acme
