// SPDX-License-Identifier: BSD-2-Clause
// A node of a fleet: following the tree.
#include <algorithm>
#include <map>
#include <set>
#include <utility>

#include "acme_core/env/random.h"
#include "acme_core/error.h"
#include "acme_core/fleet/bring_along.h"
#include "acme_core/fleet/fleet_node.h"
#include "acme_core/fleet/tree_value.h"
#include "acme_core/storage/state_file.h"
#include "acme_core/storage/state_names.h"

namespace acme {
namespace {

constexpr std::chrono::milliseconds kFirstTreePause{250};
constexpr std::chrono::milliseconds kLongestTreePause{8'000};
// Until another process of this machine has left the directory.
constexpr std::chrono::milliseconds kDirectoryRetry{200};
constexpr std::chrono::milliseconds kLongestTreeWait{30'000};
constexpr std::chrono::milliseconds kBetweenMendings{20'000};
// Of one reading: each has brought something.
constexpr int kMostTreeReadings = 5;
constexpr std::string_view kFleetPath = "fleet";
constexpr std::string_view kNodesPath = "nodes/";
constexpr std::string_view kLockEnding = "/lock";

// The part of a path behind the branch; nullopt: it is of another branch.
std::optional<std::string> file_in(const std::string& branch,
                                   std::string_view path) {
  if (path.size() <= branch.size() + 1 || !path.starts_with(branch) ||
      path[branch.size()] != '/') {
    return std::nullopt;
  }
  return std::string(path.substr(branch.size() + 1));
}

std::vector<TreeEntry> branch_entries(const TreeSnapshot& snapshot,
                                      const std::string& branch) {
  std::vector<TreeEntry> entries;
  for (const TreeEntry& entry : snapshot.entries) {
    if (auto file = file_in(branch, entry.path)) {
      entries.push_back({std::move(*file), entry.value, entry.revision});
    }
  }
  return entries;
}

std::string random_id() {
  SystemRandom random;
  return std::to_string(random.below(UINT64_MAX));
}

std::optional<FleetMarker> marker_of(const Replica& replica) {
  const ReadResult file = replica.directory().read(kFleetFile, kLargestFile);
  return file.status == ReadResult::Status::kOk
             ? read_fleet_marker(to_text(file.data))
             : std::nullopt;
}

}  // namespace

// What a directory does not take is that issuer's trouble, and no other's.
// False: nothing more can be done in it for now.
template <typename Act>
bool FleetNode::in_directory(Replica& replica, Act act) {
  {
    const std::lock_guard guard(mutex_);
    if (broken_.contains(&replica)) {
      return false;
    }
  }
  try {
    act();
    return true;
  } catch (const Error& error) {
    if (error.kind() != ErrorKind::kOurs) {
      throw;
    }
    replica.note_followed(0);
    bool is_news = false;
    {
      const std::lock_guard guard(mutex_);
      broken_.insert(&replica);
      broken_tried_at_ = clock_.steady_now();
      is_news =
          std::exchange(broken_told_[&replica], error.what()) != error.what();
    }
    if (is_news) {
      replica.log().error(std::string(error.what()) +
                          "; until it can be used, it takes nothing from the "
                          "fleet, and what is served stays");
    }
    return false;
  }
}

bool FleetNode::is_time_to_mend() {
  const std::lock_guard guard(mutex_);
  return !broken_.empty() &&
         clock_.steady_now() >= broken_tried_at_ + kBetweenMendings;
}

void FleetNode::follow(const std::stop_token& stop) {
  std::chrono::milliseconds pause = kFirstTreePause;
  while (!stop.stop_requested()) {
    const SteadyPoint begun = clock_.steady_now();
    try {
      follow_tree(stop);
    } catch (const Error& error) {
      if (error.kind() == ErrorKind::kStopped) {
        return;
      }
      note_away(error);
    } catch (const std::exception& error) {
      note_away(Error(ErrorKind::kOurs, error.what()));
    }
    pause = clock_.steady_now() > begun + kLongestTreePause
                ? kFirstTreePause
                : std::min(pause * 2, kLongestTreePause);
    static_cast<void>(clock_.sleep_for(pause, stop));
  }
}

// Ends by an exception alone.
void FleetNode::follow_tree(const std::stop_token& stop) {
  static_cast<void>(occupy_more());
  TreeRevision after = read_tree(stop);
  for (;;) {
    const auto all = replicas();
    const bool is_all =
        std::all_of(all.begin(), all.end(),
                    [](const auto& one) { return one->is_occupied(); });
    TreeChanges changes = tree_->wait_for_changes(
        after, is_all ? kLongestTreeWait : kDirectoryRetry, stop);
    if (changes.has_gap || is_wiped(changes) || occupy_more() ||
        is_time_to_mend()) {
      after = read_tree(stop);
      continue;
    }
    apply(changes);
    after = changes.revision;
  }
}

// Whether there is a directory more to make a copy in.
bool FleetNode::occupy_more() {
  bool is_more = false;
  for (const auto& replica : replicas()) {
    if (!replica->is_occupied()) {
      try {
        is_more = replica->try_occupy() || is_more;
      } catch (const Error& error) {  // the engine tells of it
        replica->log().debug(error.what());
      }
    }
  }
  return is_more;
}

TreeRevision FleetNode::read_tree(const std::stop_token& stop) {
  {
    const std::lock_guard guard(mutex_);
    broken_.clear();
  }
  TreeSnapshot snapshot = tree_->read_all(stop);
  for (int i = 1; !join(snapshot) || bring_all(snapshot) != 0; ++i) {
    if (i >= kMostTreeReadings) {
      throw Error(ErrorKind::kUnavailable, "it is being filled by others");
    }
    snapshot = tree_->read_all(stop);
  }
  {
    const std::lock_guard guard(mutex_);
    locks_.clear();
    presences_.clear();
    wiped_.clear();
    alone_.clear();
  }
  for (const TreeEntry& entry : snapshot.entries) {
    look_at(entry.path, entry.value, entry.revision);
  }
  for (const auto& replica : replicas()) {
    if (replica->is_occupied() && is_of_this_fleet(*replica)) {
      static_cast<void>(in_directory(*replica, [&] {
        replica->follow(branch_entries(snapshot, replica->branch()),
                        snapshot.revision);
      }));
      const std::lock_guard guard(mutex_);
      const auto lock = locks_.find(replica->lock_path());
      if (lock == locks_.end() ||
          lock->second.revision != replica->lock_revision()) {
        replica->disown();
      }
    }
  }
  write_markers();
  {
    const std::lock_guard guard(mutex_);
    answered_ = snapshot.revision;
    std::erase_if(broken_told_, [&](const auto& told) {
      return !broken_.contains(told.first);
    });
  }
  note_followed(snapshot.revision);
  announce();
  note_back();
  return snapshot.revision;
}

// Which fleet's it is. False: the tree has to be read again.
bool FleetNode::join(const TreeSnapshot& snapshot) {
  const std::string path(kFleetPath);
  const auto entry =
      std::find_if(snapshot.entries.begin(), snapshot.entries.end(),
                   [&](const TreeEntry& one) { return one.path == path; });
  if (entry == snapshot.entries.end()) {
    const FleetMarker marker{fleet_that_was(), random_id()};
    const std::string text = write_fleet_marker(marker);
    static_cast<void>(tree_->write(
        {{path, write_tree_value(settings_.keys, path, 1, to_bytes(text))}},
        {{path, 0}}));
    return false;
  }
  const TreeValueResult value =
      read_tree_value(settings_.keys, path, entry->value);
  if (!value.value) {
    throw Error(ErrorKind::kPermanent, "its \"fleet\" " + value.fault);
  }
  const auto marker = read_fleet_marker(to_text(value.value->data));
  if (!marker) {
    throw Error(ErrorKind::kPermanent,
                "its \"fleet\" is in a form that this version does not know");
  }
  const std::lock_guard guard(mutex_);
  marker_ = marker;
  return true;
}

// We remove one file at a time: who removes several has wiped the branch, or
// all there is, and nobody asked for that.
bool FleetNode::is_wiped(const TreeChanges& changes) {
  bool is_any = false;
  for (const auto& replica : replicas()) {
    std::map<TreeRevision, int> removed;
    for (const TreeChange& change : changes.changes) {
      const auto file = file_in(replica->branch(), change.path);
      if (file && !change.value && is_shared(*file) &&
          ++removed[change.revision] > 1) {
        const std::lock_guard guard(mutex_);
        wiped_.insert(replica.get());
        is_any = true;
      }
    }
  }
  return is_any || std::any_of(changes.changes.begin(), changes.changes.end(),
                               [](const TreeChange& change) {
                                 return change.path == kFleetPath;
                               });
}

// The store may have been wiped: what this process, or else a directory, was
// of.
std::string FleetNode::fleet_that_was() const {
  {
    const std::lock_guard guard(mutex_);
    if (marker_) {
      return marker_->fleet;
    }
  }
  for (const auto& replica : replicas()) {
    if (const auto known = marker_of(*replica)) {
      return known->fleet;
    }
  }
  return random_id();
}

bool FleetNode::is_of_this_fleet(const Replica& replica) {
  const auto known = marker_of(replica);
  const std::lock_guard guard(mutex_);
  const bool is_ours = !known || known->fleet == marker_.value().fleet;
  if (is_ours) {
    strangers_.erase(&replica);
  } else if (strangers_.insert(&replica).second) {
    replica.log().error(
        "the state directory \"" + replica.directory().root() +
        "\" belongs to another fleet than " + tree_->place() +
        ": give each fleet a prefix of its own, or move the directory away to "
        "join this one; until then nothing is ordered, and what is served "
        "stays");
  }
  return is_ours;
}

std::size_t FleetNode::bring_all(const TreeSnapshot& snapshot) {
  std::size_t brought = 0;
  for (const auto& replica : replicas()) {
    if (!replica->is_occupied() || !is_of_this_fleet(*replica)) {
      continue;
    }
    const auto known = marker_of(*replica);
    const std::vector<TreeEntry> entries =
        branch_entries(snapshot, replica->branch());
    bool is_same = false;
    {
      const std::lock_guard guard(mutex_);
      is_same =
          known && known->tree == marker_.value().tree &&
          !wiped_.contains(replica.get()) &&
          std::any_of(entries.begin(), entries.end(),
                      [](const auto& one) { return is_shared(one.path); });
      if (alone_.contains(replica.get())) {
        replica->set_alone(false);
        is_same = false;
      }
    }
    if (!is_same) {
      replica->forget();
    }
    static_cast<void>(in_directory(*replica, [&] {
      brought +=
          bring_along(*replica, entries, settings_.keys,
                      is_same ? TreeIs::kOurs : TreeIs::kAnother, clock_.now());
    }));
  }
  return brought;
}

void FleetNode::apply(const TreeChanges& changes) {
  bool has_answers = false;
  for (auto first = changes.changes.begin(); first != changes.changes.end();) {
    const auto last = std::find_if(first, changes.changes.end(),
                                   [&](const TreeChange& change) {
                                     return change.revision != first->revision;
                                   });
    for (auto change = first; change != last; ++change) {
      look_at(change->path, change->value, change->revision);
    }
    for (const auto& replica : replicas()) {
      if (!replica->is_occupied() || replica->followed() == 0) {
        continue;
      }
      std::vector<TreeChange> files;
      for (auto change = first; change != last; ++change) {
        if (auto file = file_in(replica->branch(), change->path)) {
          has_answers = has_answers ||
                        (is_challenge_answer(*file) && !replica->is_owned());
          files.push_back({std::move(*file), change->value, change->revision});
        }
      }
      static_cast<void>(
          in_directory(*replica, [&] { replica->follow(files); }));
    }
    first = last;
  }
  if (changes.changes.empty()) {
    return;
  }
  note_followed(changes.revision);
  if (has_answers) {
    {
      const std::lock_guard guard(mutex_);
      answered_ = changes.revision;
    }
    announce();
  }
}

// What concerns no directory.
void FleetNode::look_at(const std::string& path,
                        const std::optional<std::string>& value,
                        TreeRevision revision) {
  const std::lock_guard guard(mutex_);
  if (path.starts_with(kNodesPath)) {
    presences_.erase(path);
    if (const auto presence = value ? read_presence(*value) : std::nullopt) {
      presences_.emplace(path, *presence);
    }
    changed_.notify_all();
  } else if (path.ends_with(kLockEnding)) {
    if (value) {
      locks_[path] = {*value, revision};
    } else {
      locks_.erase(path);
    }
    for (const auto& replica : replicas_) {
      const auto lock = replica->lock_revision();
      if (replica->lock_path() == path && lock && revision > *lock) {
        replica->disown();
      }
    }
  }
}

void FleetNode::note_followed(TreeRevision revision) {
  const std::lock_guard guard(mutex_);
  for (const auto& replica : replicas_) {
    if (replica->is_occupied() && !strangers_.contains(replica.get()) &&
        !broken_.contains(replica.get())) {
      replica->note_followed(revision);
    }
  }
  changed_.notify_all();
}

void FleetNode::write_markers() {
  FleetMarker marker;
  {
    const std::lock_guard guard(mutex_);
    marker = marker_.value();
    std::set<std::string> nodes{settings_.node};
    for (const auto& [path, presence] : presences_) {
      nodes.insert(presence.node);
    }
    marker.nodes.assign(nodes.begin(), nodes.end());
  }
  const std::string text = write_fleet_marker(marker);
  for (const auto& replica : replicas()) {
    if (replica->is_occupied() && is_of_this_fleet(*replica) &&
        marker_of(*replica) != marker) {
      static_cast<void>(in_directory(*replica, [&] {
        replica->directory().write(kFleetFile, to_bytes(text));
      }));
    }
  }
}

}  // namespace acme
