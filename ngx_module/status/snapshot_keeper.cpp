// SPDX-License-Identifier: BSD-2-Clause
// The one snapshot that all requests of a worker share.
#include "ngx_module/status/snapshot_keeper.h"

#include <algorithm>
#include <exception>
#include <utility>

#include "ngx_module/nginx/ngx_guard.h"
#include "ngx_module/status/time_slice.h"

namespace ngx_acme {
namespace {

using namespace std::chrono_literals;

// Answers to slow clients may refer to so many snapshots that are old, and for
// so long where others wait for it.
constexpr std::size_t kMostOutdated = 2;
constexpr auto kLongestHeld = 10s;
// Of a worker's time, this part at most goes into looking for what is new, and
// less into looking at the clock alone.
constexpr int kShare = 10;
constexpr int kClockShare = 100;
constexpr auto kLook = 1s;
// Without a request for so long, the memory is given back.
constexpr auto kIdle = 60s;

}  // namespace

SnapshotKeeper::Event::Event(ngx_event_handler_pt handle,
                             SnapshotKeeper& keeper) noexcept
    : ngx_event_t{} {
  handler = handle;
  data = &keeper;
  cancelable = 1;  // a worker that ends does not wait for it
}

SnapshotKeeper::Event::~Event() {
  // A master that drops a configuration has no events.
  if (posted) {
    ngx_delete_posted_event(this);
  }
  if (timer_set) {
    ngx_del_timer(this);
  }
}

void SnapshotKeeper::Event::post() noexcept {
  log = ngx_cycle->log;
  ngx_post_event(this, &ngx_posted_next_events);
}

void SnapshotKeeper::Event::wake_in(std::chrono::milliseconds time) noexcept {
  log = ngx_cycle->log;
  if (!timer_set) {
    ngx_add_timer(this, static_cast<ngx_msec_t>(time.count()));
  }
}

SnapshotKeeper::SnapshotKeeper(const StatusSources& sources)
    : builder_(sources), turn_(on_turn, *this), idle_(on_idle, *this) {}

SnapshotKeeper::~SnapshotKeeper() = default;

void SnapshotKeeper::ask(SnapshotReader& reader) {
  asked_at_ = Clock::now();
  idle_.wake_in(kIdle);
  if (is_fresh() && waiting_.empty()) {
    reader.take(current_);
    return;
  }
  waiting_.push_back(&reader);
  if (waiting_.size() == 1 && building_ == nullptr) {
    // Not at once: the reader's own request is still being begun.
    turn_.post();
  }
}

void SnapshotKeeper::hold(SnapshotReader& reader) {
  holders_.push_back({&reader, Clock::now()});
}

void SnapshotKeeper::leave(SnapshotReader& reader) noexcept {
  std::erase(waiting_, &reader);
  std::erase_if(holders_,
                [&](const Holder& holder) { return holder.reader == &reader; });
}

bool SnapshotKeeper::is_fresh() const noexcept {
  return building_ == nullptr && current_ != nullptr &&
         Clock::now() < good_until_ && !builder_.has_moved();
}

void SnapshotKeeper::on_turn(ngx_event_t* event) noexcept {
  auto& keeper = *static_cast<SnapshotKeeper*>(event->data);
  try {
    keeper.go_on();
  } catch (const std::exception& error) {
    log_exception(event->log, error.what());
    keeper.give_up();
  }
}

void SnapshotKeeper::on_idle(ngx_event_t* event) noexcept {
  auto& keeper = *static_cast<SnapshotKeeper*>(event->data);
  if (keeper.building_ != nullptr || !keeper.waiting_.empty() ||
      Clock::now() - keeper.asked_at_ < kIdle / 2) {
    keeper.idle_.wake_in(kIdle);
    return;
  }
  keeper.current_.reset();
  keeper.builder_.forget();
}

void SnapshotKeeper::go_on() {
  if (building_ == nullptr && !is_fresh() && !begin()) {
    return;
  }
  const TimeSlice slice;
  while (building_ != nullptr && !slice.is_over()) {
    if (!builder_.step()) {
      cost_ += slice.elapsed();
      finish();
      serve_waiting();
      return;
    }
  }
  if (building_ == nullptr) {
    serve_waiting();
    return;
  }
  cost_ += slice.elapsed();
  turn_.post();
}

bool SnapshotKeeper::begin() {
  if (waiting_.empty()) {
    return false;
  }
  if (const auto early = not_before_ - Clock::now(); early > 0ms) {
    turn_.wake_in(std::chrono::ceil<std::chrono::milliseconds>(early));
    return false;
  }
  if (current_ != nullptr && current_.use_count() > 1) {
    if (is_one_too_many()) {
      // What is there is better than to wait for a slow client.
      serve_waiting();
      return false;
    }
    building_ = std::make_shared<acme::StatusSnapshot>();
  } else {
    building_ = current_ == nullptr ? std::make_shared<acme::StatusSnapshot>()
                                    : current_;
  }
  const TimeSlice slice;
  builder_.begin(*building_, current_.get());
  cost_ = slice.elapsed();
  return true;
}

bool SnapshotKeeper::is_one_too_many() {
  std::erase_if(outdated_, [](const auto& old) { return old.expired(); });
  if (outdated_.size() < kMostOutdated) {
    return false;
  }
  const Clock::time_point now = Clock::now();
  for (const Holder& holder : holders_) {
    if (now - holder.since > kLongestHeld) {
      holder.reader->let_go();
    }
  }
  return true;
}

void SnapshotKeeper::finish() {
  if (current_ != nullptr && current_ != building_) {
    outdated_.push_back(current_);
  }
  current_ = std::exchange(building_, nullptr);
  const Clock::time_point now = Clock::now();
  not_before_ = now + cost_ * kShare;
  good_until_ = now + std::max<Clock::duration>(kLook, cost_ * kClockShare);
}

// Each makes an answer of it, which takes time: others come in between.
void SnapshotKeeper::serve_waiting() {
  const TimeSlice slice;
  while (!waiting_.empty() && building_ == nullptr) {
    if (slice.is_over()) {
      turn_.post();
      return;
    }
    SnapshotReader* reader = waiting_.front();
    waiting_.pop_front();
    reader->take(current_);
  }
}

void SnapshotKeeper::give_up() noexcept {
  building_.reset();
  current_.reset();
  builder_.forget();
  while (!waiting_.empty()) {
    SnapshotReader* reader = waiting_.front();
    waiting_.pop_front();
    reader->take(nullptr);
  }
}

}  // namespace ngx_acme
