// SPDX-License-Identifier: BSD-2-Clause
// What the status endpoint needs to know of other processes: who makes the
// memory, and hands it on.
#include "ngx_module/shared/status_zone.h"

#include <algorithm>
#include <cstring>
#include <new>
#include <unordered_map>

#include "ngx_module/nginx/ngx_guard.h"
#include "ngx_module/nginx/ngx_types.h"
#include "ngx_module/nginx/slab.h"
#include "ngx_module/shared/certificate_key.h"
#include "ngx_module/shared/helper_wake.h"
#include "ngx_module/shared/running_zone.h"
#include "ngx_module/shared/status_zone_size.h"

namespace ngx_acme {
namespace {

std::vector<std::string> note_keys(const acme::Plan& plan) {
  std::vector<std::string> keys;
  for (const std::string& key : certificate_keys(plan)) {
    keys.push_back("certificate " + key);
  }
  for (const acme::IssuerSpec& issuer : plan.issuers) {
    keys.push_back("issuer " + issuer.name);
  }
  keys.emplace_back("process");
  return keys;
}

void* allocate_zeros_locked(ngx_slab_pool_t* pool, std::size_t size) {
  void* memory =
      allocate_locked(pool, size, "the status", "leave \"acme_status\" out");
  std::memset(memory, 0, size);
  return memory;
}

}  // namespace

StatusZone::StatusZone(const acme::Plan& plan, std::string name)
    : plan_(plan),
      name_(std::move(name)),
      size_(status_zone_size(plan)),
      keys_(note_keys(plan)) {}

void StatusZone::request(ngx_conf_t* cf) {
  open_helper_wake();
  ngx_str_t name = borrow(name_);
  // nginx passes it on when the size is the same.
  const ngx_shm_zone_t* running = find_previous();
  const std::size_t size =
      std::max(size_, running == nullptr ? 0 : running->shm.size);
  ngx_shm_zone_t* zone =
      ngx_shared_memory_add(cf, &name, size, &ngx_http_acme_module);
  if (zone == nullptr) {
    throw std::bad_alloc();
  }
  size_ = size;
  zone->init = initialize;
  zone->data = this;
}

ngx_int_t StatusZone::initialize(ngx_shm_zone_t* zone,
                                 void* previous) noexcept {
  auto& self = *static_cast<StatusZone*>(zone->data);
  return guarded<[](StatusZone* made, ngx_shm_zone_t* memory,
                    void* before) -> ngx_int_t {
    made->pool_ = reinterpret_cast<ngx_slab_pool_t*>(memory->shm.addr);
    if (before != nullptr) {
      made->table_ = static_cast<StatusTable*>(made->pool_->data);
      made->find_places();
      return NGX_OK;
    }
    made->pool_->log_nomem = 0;
    made->make_table();
    made->find_places();
    if (const ngx_shm_zone_t* smaller = made->find_previous();
        smaller != nullptr && smaller->shm.addr != memory->shm.addr) {
      made->take_over(*static_cast<const StatusZone*>(smaller->data));
    }
    return NGX_OK;
  },
                 NGX_ERROR, StatusZone*, ngx_shm_zone_t*, void*>(&self, zone,
                                                                 previous);
}

ngx_shm_zone_t* StatusZone::find_previous() const noexcept {
  return find_running_zone(initialize, name_, this);
}

void StatusZone::make_table() {
  const SlabLock lock(pool_);
  table_ = static_cast<StatusTable*>(
      allocate_zeros_locked(pool_, sizeof(StatusTable)));
  const std::size_t places = status_note_places(size_);
  table_->notes = static_cast<StatusNotes*>(
      allocate_zeros_locked(pool_, StatusNotes::size_for(places)));
  table_->notes->open(places);
  pool_->data = table_;
}

void StatusZone::find_places() {
  const SlabLock lock(pool_);
  cycle_ = ++table_->cycles;
  places_ = table_->notes->places_for_locked(pool_, keys_);
  touch();
}

void StatusZone::take_over(const StatusZone& previous) {
  if (previous.table_ == nullptr) {
    return;
  }
  std::unordered_map<std::string_view, std::size_t> places;
  for (std::size_t i = 0; i < keys_.size(); ++i) {
    places.emplace(keys_[i], places_[i]);
  }
  const SlabLock own(pool_);
  const SlabLock theirs(previous.pool_);
  const StatusTable& old = *previous.table_;
  table_->revision.store(old.revision.load() + 1);
  table_->swaps.store(old.swaps.load());
  table_->lost_notes = old.lost_notes;
  table_->cycles += old.cycles;
  cycle_ = table_->cycles;
  table_->helper = old.helper;
  table_->events = old.events;
  table_->counters = old.counters;
  table_->commands = old.commands;
  old.notes->for_each_locked([&](std::string_view key, std::string_view text) {
    if (const auto place = places.find(key); place != places.end()) {
      table_->notes->put_locked(pool_, place->second, key, text, touch(),
                                table_->lost_notes);
    }
  });
}

std::uint64_t StatusZone::touch() noexcept {
  return table_->revision.fetch_add(1, std::memory_order_acq_rel) + 1;
}

void StatusZone::enter_helper() noexcept {
  const ProcessMark own = own_mark();
  const SlabLock lock(pool_);
  table_->helper = own;
  touch();
}

void StatusZone::leave_helper() noexcept {
  const ProcessMark own = own_mark();
  const SlabLock lock(pool_);
  // After a reload the next one is there already.
  if (table_->helper == own) {
    table_->helper = {};
    touch();
  }
}

bool StatusZone::is_helper_running() const noexcept {
  ProcessMark helper{};
  {
    const SlabLock lock(pool_);
    helper = table_->helper;
  }
  return is_running(helper);
}

void StatusZone::put_note(std::size_t number, std::string_view text) noexcept {
  const SlabLock lock(pool_);
  if (table_->notes->put_locked(pool_, places_[number], keys_[number], text,
                                revision() + 1, table_->lost_notes)) {
    touch();
  }
}

void StatusZone::put_certificate_note(std::size_t index,
                                      std::string_view text) noexcept {
  put_note(index, text);
}

void StatusZone::put_issuer_note(std::size_t index,
                                 std::string_view text) noexcept {
  put_note(plan_.certificates.size() + index, text);
}

void StatusZone::put_process_note(std::string_view text) noexcept {
  put_note(keys_.size() - 1, text);
}

std::string StatusZone::note(std::size_t place) const {
  const SlabLock lock(pool_);
  return table_->notes->text_locked(place);
}

std::string StatusZone::certificate_note(std::size_t index) const {
  return note(places_[index]);
}

std::string StatusZone::issuer_note(std::size_t index) const {
  return note(place_of_issuer(index));
}

std::string StatusZone::process_note() const { return note(places_.back()); }

void StatusZone::add_event(std::string_view text) noexcept {
  const SlabLock lock(pool_);
  if (table_->events.add_locked(text)) {
    touch();
  }
}

std::vector<std::pair<std::uint64_t, std::string>> StatusZone::events_since(
    std::uint64_t number) const {
  const SlabLock lock(pool_);
  return table_->events.since_locked(number);
}

void StatusZone::count(acme::Count metric,
                       std::initializer_list<std::string_view> labels,
                       std::uint64_t by) noexcept {
  const SlabLock lock(pool_);
  table_->counters.add_locked(static_cast<std::uint32_t>(metric), labels, by);
  touch();
}

std::vector<StatusZone::Count> StatusZone::counts() const {
  std::vector<Count> counts;
  const SlabLock lock(pool_);
  table_->counters.for_each_locked([&](const StatusCounters::Series& series) {
    Count& count = counts.emplace_back();
    count.metric = static_cast<acme::Count>(series.metric);
    count.value = series.value;
    std::string_view rest = series.labels.view();
    for (auto end = rest.find(StatusCounters::kSeparator);
         end != std::string_view::npos;
         end = rest.find(StatusCounters::kSeparator)) {
      count.labels.emplace_back(rest.substr(0, end));
      rest.remove_prefix(end + 1);
    }
  });
  counts.push_back({acme::Count::kSwaps, {}, table_->swaps.load()});
  return counts;
}

void StatusZone::enter_worker() noexcept {
  const SlabLock lock(pool_);
  worker_ =
      table_->workers.enter_locked(pool_, cycle_, plan_.certificates.size());
  touch();
}

void StatusZone::leave_worker() noexcept {
  if (worker_ == nullptr) {
    return;
  }
  const SlabLock lock(pool_);
  table_->workers.leave_locked(pool_, *worker_);
  worker_ = nullptr;
  touch();
}

void StatusZone::note_installed(std::size_t index,
                                std::uint64_t generation) noexcept {
  table_->swaps.fetch_add(1, std::memory_order_relaxed);
  if (worker_ != nullptr && index < worker_->count) {
    worker_->generations[index].store(generation, std::memory_order_relaxed);
  }
  touch();
}

std::vector<CopiedWorker> StatusZone::workers() const {
  const SlabLock lock(pool_);
  return table_->workers.copy_locked(cycle_);
}

std::optional<std::uint64_t> StatusZone::add_command(
    const acme::Command& command) {
  std::optional<std::uint64_t> id;
  {
    const SlabLock lock(pool_);
    id = table_->commands.add_locked(command);
  }
  if (id) {
    touch();
    offer_commands();
  }
  return id;
}

std::optional<CopiedCommand> StatusZone::command(std::uint64_t id) const {
  const SlabLock lock(pool_);
  return table_->commands.find_locked(id);
}

std::vector<CopiedCommand> StatusZone::commands() const {
  const SlabLock lock(pool_);
  return table_->commands.all_locked();
}

std::optional<acme::Command> StatusZone::take_command(
    const std::function<bool(std::uint64_t)>& wants) {
  const ProcessMark own = own_mark();
  const SlabLock lock(pool_);
  return table_->commands.take_locked(own, wants);
}

void StatusZone::report_command(std::uint64_t id, acme::CommandState state,
                                std::string_view text) noexcept {
  const ProcessMark own = own_mark();
  const SlabLock lock(pool_);
  if (table_->commands.report_locked(id, own, state, text)) {
    touch();
  }
}

void StatusZone::give_back_command(std::uint64_t id) noexcept {
  const ProcessMark own = own_mark();
  {
    const SlabLock lock(pool_);
    if (!table_->commands.give_back_locked(id, own)) {
      return;
    }
    touch();
  }
  wake_helpers();
}

void StatusZone::offer_commands() noexcept {
  table_->offers.fetch_add(1, std::memory_order_acq_rel);
  wake_helpers();
}

}  // namespace ngx_acme
