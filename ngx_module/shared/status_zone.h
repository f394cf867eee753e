// SPDX-License-Identifier: BSD-2-Clause
// What the status endpoint needs to know of other processes, in shared memory:
// notes, events and counters of the helper, commands for it, and which worker
// shows what. There is none in a configuration without the endpoint.
//
// nginx hands the memory from cycle to cycle, so that numbers and counts go on;
// a plan that needs more has a larger zone, which begins with a copy. Who
// writes holds the slab's mutex. What finds no room is dropped: nothing else
// depends on it.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "acme_core/engine/plan.h"
#include "acme_core/monitor/command.h"
#include "acme_core/monitor/monitor.h"
#include "ngx_module/nginx/ngx.h"
#include "ngx_module/shared/process_mark.h"
#include "ngx_module/shared/status_commands.h"
#include "ngx_module/shared/status_counters.h"
#include "ngx_module/shared/status_events.h"
#include "ngx_module/shared/status_notes.h"
#include "ngx_module/shared/status_workers.h"

namespace ngx_acme {

/// The layout: made of zeros. The notes lie beside it, since their number
/// depends on the plan.
struct StatusTable {
  std::atomic<std::uint64_t> revision;  ///< moves with every change
  std::atomic<std::uint64_t> swaps;     ///< pairs that workers have installed
  /// Moves when a command may be taken by a process that gave it back.
  std::atomic<std::uint64_t> offers;
  // The rest is guarded by the mutex.
  std::uint64_t cycles;      ///< configurations so far
  std::uint64_t lost_notes;  ///< for want of room
  ProcessMark helper;
  StatusNotes* notes;
  StatusWorkers workers;
  StatusEvents events;
  StatusCounters counters;
  StatusCommands commands;
};

class StatusZone {
 public:
  /// `plan` outlives the zone.
  StatusZone(const acme::Plan& plan, std::string name);

  /// Has nginx allocate the zone, or take it over from the running cycle.
  /// Throws std::bad_alloc, and acme::Error without a descriptor to wake
  /// helpers by.
  void request(ngx_conf_t* cf);

  // For the helper.

  /// This process has the engine from now on.
  void enter_helper() noexcept;
  void leave_helper() noexcept;

  void put_certificate_note(std::size_t index, std::string_view text) noexcept;
  void put_issuer_note(std::size_t index, std::string_view text) noexcept;
  void put_process_note(std::string_view text) noexcept;
  /// `text` is at most StatusEvents::kLongest bytes.
  void add_event(std::string_view text) noexcept;
  void count(acme::Count metric, std::initializer_list<std::string_view> labels,
             std::uint64_t by) noexcept;

  [[nodiscard]] std::optional<acme::Command> take_command(
      const std::function<bool(std::uint64_t id)>& wants);
  void report_command(std::uint64_t id, acme::CommandState state,
                      std::string_view text) noexcept;
  /// Others are woken.
  void give_back_command(std::uint64_t id) noexcept;
  /// Who gave a command back may take it again after this has moved.
  [[nodiscard]] std::uint64_t offers() const noexcept {
    return table_->offers.load(std::memory_order_acquire);
  }
  /// Offers all commands anew, to all helpers.
  void offer_commands() noexcept;

  // For workers.

  /// This process shows certificates of the plan from now on.
  void enter_worker() noexcept;
  void leave_worker() noexcept;
  /// It has installed this generation. In handshakes: takes no lock.
  void note_installed(std::size_t index, std::uint64_t generation) noexcept;

  [[nodiscard]] std::uint64_t revision() const noexcept {
    return table_->revision.load(std::memory_order_acquire);
  }
  [[nodiscard]] bool is_helper_running() const noexcept;

  // 0: there is no note yet. These throw std::bad_alloc.
  [[nodiscard]] std::uint64_t certificate_note_revision(
      std::size_t index) const noexcept {
    return table_->notes->revision(places_[index]);
  }
  [[nodiscard]] std::string certificate_note(std::size_t index) const;
  [[nodiscard]] std::uint64_t issuer_note_revision(
      std::size_t index) const noexcept {
    return table_->notes->revision(place_of_issuer(index));
  }
  [[nodiscard]] std::string issuer_note(std::size_t index) const;
  [[nodiscard]] std::string process_note() const;
  [[nodiscard]] std::vector<std::pair<std::uint64_t, std::string>> events_since(
      std::uint64_t number) const;
  struct Count {
    acme::Count metric;
    std::vector<std::string> labels;
    std::uint64_t value = 0;
  };
  [[nodiscard]] std::vector<Count> counts() const;
  [[nodiscard]] std::vector<CopiedWorker> workers() const;

  /// Hands the command over and wakes the helper. nullopt: too many wait.
  [[nodiscard]] std::optional<std::uint64_t> add_command(
      const acme::Command& command);
  [[nodiscard]] std::optional<CopiedCommand> command(std::uint64_t id) const;
  [[nodiscard]] std::vector<CopiedCommand> commands() const;

 private:
  static ngx_int_t initialize(ngx_shm_zone_t* zone, void* previous) noexcept;
  [[nodiscard]] ngx_shm_zone_t* find_previous() const noexcept;
  void make_table();
  void find_places();
  void take_over(const StatusZone& previous);
  [[nodiscard]] std::size_t place_of_issuer(std::size_t index) const noexcept {
    return places_[plan_.certificates.size() + index];
  }
  void put_note(std::size_t number, std::string_view text) noexcept;
  [[nodiscard]] std::string note(std::size_t place) const;
  std::uint64_t touch() noexcept;

  const acme::Plan& plan_;
  std::string name_;
  std::size_t size_;
  /// Of the notes: certificates, issuers, the process.
  std::vector<std::string> keys_;
  std::vector<std::size_t> places_;
  std::uint64_t cycle_ = 0;
  ngx_slab_pool_t* pool_ = nullptr;
  StatusTable* table_ = nullptr;
  StatusWorker* worker_ = nullptr;  ///< of this process
};

}  // namespace ngx_acme
