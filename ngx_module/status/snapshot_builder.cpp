// SPDX-License-Identifier: BSD-2-Clause
// From shared memory to what is shown.
#include "ngx_module/status/snapshot_builder.h"

#include <unistd.h>

#include <algorithm>
#include <array>
#include <functional>
#include <optional>
#include <string_view>
#include <utility>

#include "acme_core/env/clock.h"
#include "acme_core/monitor/notes.h"
#include "acme_core/status/describe.h"
#include "ngx_module/status/command_status.h"

namespace ngx_acme {
namespace {

// By acme::Count, as acme::Counter calls them.
constexpr std::array<std::string_view, 6> kMetrics = {
    "orders",          "challenges",           "requests",
    "request_seconds", "request_microseconds", "swaps"};

// FNV-1a, eight bytes at a time.
std::uint64_t mixed(std::uint64_t digest, std::uint64_t value) noexcept {
  constexpr std::uint64_t kPrime = 1099511628211U;
  return (digest ^ value) * kPrime;
}

std::vector<acme::CommandStatus> command_statuses(const StatusZone& zone) {
  std::vector<acme::CommandStatus> statuses;
  for (const CopiedCommand& command : zone.commands()) {
    statuses.push_back(status_of(command));
  }
  return statuses;
}

}  // namespace

// It costs a look at /proc, which a thousand requests a second share.
bool SnapshotBuilder::is_helper_alive() const noexcept {
  constexpr std::chrono::milliseconds kBetweenLooks{100};
  const auto now = std::chrono::steady_clock::now();
  if (now >= look_again_at_) {
    is_alive_ = sources_.zone != nullptr && sources_.zone->is_helper_running();
    look_again_at_ = now + kBetweenLooks;
  }
  return is_alive_;
}

SnapshotBuilder::Versions SnapshotBuilder::versions() const noexcept {
  if (sources_.zone == nullptr) {
    return {};
  }
  return {sources_.zone->revision(), sources_.certificates->revision(),
          is_helper_alive()};
}

bool SnapshotBuilder::has_moved() const noexcept {
  return !(versions() == finished_);
}

void SnapshotBuilder::begin(acme::StatusSnapshot& target,
                            const acme::StatusSnapshot* from) {
  target_ = &target;
  from_ = from;
  next_ = 0;
  now_ = acme::SystemClock().now();
  digest_ = sources_.epoch;
  // Before anything is read: what moves meanwhile is looked at the next time.
  reading_ = versions();
  if (from_ != nullptr && from_ != target_) {
    target_->issuers = from_->issuers;
    target_->process = from_->process;
    target_->events = from_->events;
  }
  target_->certificates.reserve(known_.size() + sources_.statics.size());
  read_process();
  read_issuers();
  read_happenings();
}

void SnapshotBuilder::read_process() {
  acme::ProcessStatus& process = target_->process;
  process.version = sources_.version;
  process.nginx_version = sources_.nginx_version;
  process.openssl_version = sources_.openssl_version;
  process.worker_pid = getpid();
  process.is_helper_alive = reading_.is_helper_alive;
  if (sources_.zone != nullptr) {
    process.helper = acme::read_process_note(sources_.zone->process_note());
    process.zone_size = sources_.certificates->size();
    process.zone_free = sources_.certificates->free_size();
  }
}

void SnapshotBuilder::read_issuers() {
  const std::vector<acme::IssuerSpec>& specs = sources_.plan.issuers;
  has_issuers_moved_ = issuer_notes_.empty() || target_ != from_;
  issuer_notes_.resize(specs.size());
  if (target_->issuers.empty()) {
    for (const acme::IssuerSpec& spec : specs) {
      acme::IssuerStatus& issuer = target_->issuers.emplace_back();
      issuer.name = spec.name;
      issuer.directory_url = spec.directory_url;
      issuer.state_path = spec.state_path;
      issuer.is_dry_run = spec.dry_run.has_value();
    }
    for (const acme::CertificateSpec& spec : sources_.plan.certificates) {
      ++target_->issuers[spec.issuer()].certificates;
    }
  }
  for (std::size_t i = 0; sources_.zone != nullptr && i < specs.size(); ++i) {
    const std::uint64_t revision = sources_.zone->issuer_note_revision(i);
    if (revision != issuer_notes_[i]) {
      issuer_notes_[i] = revision;
      has_issuers_moved_ = true;
      target_->issuers[i].note =
          acme::read_issuer_note(sources_.zone->issuer_note(i));
    }
  }
}

void SnapshotBuilder::read_happenings() {
  if (sources_.zone == nullptr) {
    return;
  }
  auto& events = target_->events;
  for (auto& event :
       sources_.zone->events_since(events.empty() ? 0 : events.back().first)) {
    events.push_back(std::move(event));
  }
  if (events.size() > StatusEvents::kMost) {
    events.erase(events.begin(), events.end() - static_cast<std::ptrdiff_t>(
                                                    StatusEvents::kMost));
  }
  target_->counters.clear();
  for (StatusZone::Count& count : sources_.zone->counts()) {
    const auto metric = static_cast<std::size_t>(count.metric);
    if (metric < kMetrics.size()) {
      target_->counters.push_back({std::string(kMetrics[metric]),
                                   std::move(count.labels), count.value});
    }
  }
  target_->commands = command_statuses(*sources_.zone);
  workers_ = sources_.zone->workers();
}

bool SnapshotBuilder::step() {
  if (next_ < known_.size()) {
    read_managed(next_++);
    return true;
  }
  if (next_ == known_.size()) {
    find_others();
  }
  if (next_ < known_.size() + others_.size()) {
    const std::size_t place = next_++;
    if (place == target_->certificates.size()) {
      read_other(others_[place - known_.size()]);
    }
    settle(target_->certificates[place]);
    return true;
  }
  target_->taken_at = now_;
  target_->revision =
      mixed(mixed(mixed(digest_, reading_.status), reading_.certificates),
            reading_.is_helper_alive ? 1 : 0);
  finished_ = reading_;
  return false;
}

void SnapshotBuilder::read_managed(std::size_t index) {
  std::vector<acme::CertificateStatus>& all = target_->certificates;
  if (index == all.size()) {
    if (from_ == nullptr) {
      all.emplace_back();
    } else {
      all.push_back(from_->certificates[index]);
    }
  }
  acme::CertificateStatus& status = all[index];
  const Known newest{sources_.zone->certificate_note_revision(index),
                     sources_.certificates->generation(index), true};
  Known& known = known_[index];
  if (!known.is_described || newest.note != known.note ||
      newest.generation != known.generation) {
    known = newest;
    const auto copied = sources_.certificates->copy_chain(index);
    const auto chain =
        copied ? acme::CertificateChain::from_der(copied->chain) : std::nullopt;
    std::optional<acme::ServedCertificate> served;
    if (chain) {
      served.emplace(acme::ServedCertificate{*chain, copied->is_stand_in,
                                             copied->generation});
    }
    status = acme::describe(
        sources_.plan.certificates[index], sources_.plan, served,
        acme::read_certificate_note(sources_.zone->certificate_note(index)));
    status.servers = sources_.places[index];
  }
  status.workers.resize(workers_.size());
  for (std::size_t i = 0; i < workers_.size(); ++i) {
    status.workers[i] = {workers_[i].pid, workers_[i].generations[index]};
  }
  settle(status);
}

// The operator's own shows only until there is one of ours.
bool SnapshotBuilder::is_shown(const StaticSource& source) const noexcept {
  return source.is_kept ||
         std::all_of(source.replaced_by.begin(), source.replaced_by.end(),
                     [&](std::size_t index) {
                       return sources_.certificates->generation(index) == 0;
                     });
}

void SnapshotBuilder::find_others() {
  std::vector<Other> others;
  for (std::size_t i = 0; i < sources_.statics.size(); ++i) {
    if (is_shown(sources_.statics[i])) {
      others.push_back({nullptr, i});
    }
  }
  const auto same_statics = [](const Other& a, const Other& b) {
    return a.orphan == nullptr && b.orphan == nullptr && a.index == b.index;
  };
  const bool is_same =
      !has_issuers_moved_ && others.size() <= others_.size() &&
      std::equal(others.begin(), others.end(), others_.begin(), same_statics) &&
      (others.size() == others_.size() ||
       others_[others.size()].orphan != nullptr);
  if (is_same) {
    return;
  }
  for (std::size_t i = 0; i < target_->issuers.size(); ++i) {
    for (const acme::OrphanNote& orphan : target_->issuers[i].note.orphans) {
      others.push_back({&orphan, i});
    }
  }
  others_ = std::move(others);
  target_->certificates.resize(known_.size());
}

void SnapshotBuilder::read_other(const Other& other) {
  target_->certificates.push_back(
      other.orphan == nullptr
          ? sources_.statics[other.index].status
          : acme::describe_orphan(*other.orphan,
                                  target_->issuers[other.index].name));
}

void SnapshotBuilder::settle(acme::CertificateStatus& status) {
  acme::update_state(status, now_);
  digest_ = mixed(mixed(digest_, static_cast<std::uint64_t>(status.state)),
                  std::hash<std::string>{}(status.reason));
}

void SnapshotBuilder::forget() noexcept {
  std::fill(known_.begin(), known_.end(), Known{});
  issuer_notes_.clear();
  others_.clear();
}

}  // namespace ngx_acme
