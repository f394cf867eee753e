// SPDX-License-Identifier: BSD-2-Clause
// The one snapshot that all requests of a worker share.
//
// It is made in slices of time while requests wait, and brought up to date in
// place when something moved. While an answer refers to it, another one is made
// instead: a few answers to slow clients may refer to old ones, for a while.
#pragma once

#include <chrono>
#include <deque>
#include <memory>
#include <vector>

#include "acme_core/status/model.h"
#include "ngx_module/nginx/ngx.h"
#include "ngx_module/status/snapshot_builder.h"

namespace ngx_acme {

using SharedSnapshot = std::shared_ptr<const acme::StatusSnapshot>;

/// A request.
class SnapshotReader {
 public:
  virtual ~SnapshotReader() = default;
  /// What is true now; nullptr: there is no memory for it. May end the reader.
  virtual void take(const SharedSnapshot& snapshot) noexcept = 0;
  /// Others wait for what it holds: it lets go of it soon.
  virtual void let_go() noexcept = 0;
};

class SnapshotKeeper {
 public:
  /// `sources` outlives it.
  explicit SnapshotKeeper(const StatusSources& sources);
  ~SnapshotKeeper();
  SnapshotKeeper(const SnapshotKeeper&) = delete;
  SnapshotKeeper& operator=(const SnapshotKeeper&) = delete;

  /// Has the reader take() a snapshot, at once or soon. Throws std::bad_alloc.
  void ask(SnapshotReader& reader);
  /// The reader goes on to hold what it took.
  void hold(SnapshotReader& reader);
  /// It neither waits nor holds any more.
  void leave(SnapshotReader& reader) noexcept;

 private:
  using Clock = std::chrono::steady_clock;
  struct Holder {
    SnapshotReader* reader;
    Clock::time_point since;
  };
  struct Event : ngx_event_t {
    Event(ngx_event_handler_pt handle, SnapshotKeeper& keeper) noexcept;
    ~Event();
    Event(const Event&) = delete;
    Event& operator=(const Event&) = delete;
    void post() noexcept;
    void wake_in(std::chrono::milliseconds time) noexcept;
  };
  static void on_turn(ngx_event_t* event) noexcept;
  static void on_idle(ngx_event_t* event) noexcept;
  [[nodiscard]] bool is_fresh() const noexcept;
  void go_on();
  /// False: not now.
  [[nodiscard]] bool begin();
  [[nodiscard]] bool is_one_too_many();
  void finish();
  void serve_waiting();
  void give_up() noexcept;

  SnapshotBuilder builder_;
  std::shared_ptr<acme::StatusSnapshot> current_;
  std::shared_ptr<acme::StatusSnapshot> building_;  ///< null: nothing is made
  std::vector<std::weak_ptr<acme::StatusSnapshot>> outdated_;
  std::deque<SnapshotReader*> waiting_;
  std::vector<Holder> holders_;
  std::chrono::microseconds cost_{0};  ///< of what is being made, or was last
  Clock::time_point not_before_;       ///< of the next one
  Clock::time_point good_until_;       ///< though nothing moves
  Clock::time_point asked_at_;
  Event turn_;
  Event idle_;
};

}  // namespace ngx_acme
