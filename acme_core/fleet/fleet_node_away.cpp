// SPDX-License-Identifier: BSD-2-Clause
// A node of a fleet: while the tree is away.
#include <algorithm>
#include <utility>

#include "acme_core/error.h"
#include "acme_core/fleet/fleet_node.h"
#include "acme_core/storage/file_store.h"
#include "acme_core/storage/state_file.h"
#include "acme_core/storage/state_names.h"

namespace acme {
namespace {

constexpr std::chrono::milliseconds kBetweenLooks = std::chrono::minutes(1);

// Works from the directory until the tree is back.
class LoneLock final : public FileLock {
 public:
  LoneLock(std::shared_ptr<FleetNode> node, std::shared_ptr<Replica> replica)
      : node_(std::move(node)), replica_(std::move(replica)) {}
  ~LoneLock() override { replica_->set_alone(false); }
  LoneLock(const LoneLock&) = delete;
  LoneLock& operator=(const LoneLock&) = delete;

  [[nodiscard]] bool is_held() const override {
    return node_->is_alone(*replica_);
  }

 private:
  const std::shared_ptr<FleetNode> node_;
  const std::shared_ptr<Replica> replica_;
};

}  // namespace

// One line for each reason.
void FleetNode::note_away(const Error& error) {
  const std::string why = error.what();
  {
    const std::lock_guard guard(mutex_);
    if (!away_since_) {
      away_since_ = clock_.steady_now();
    }
    changed_.notify_all();
    if (std::exchange(told_, why) == why) {
      return;
    }
  }
  write_line(error.kind() == ErrorKind::kPermanent ? LogLevel::kError
                                                   : LogLevel::kWarn,
             why +
                 "; what is served stays, and nothing is ordered until the "
                 "fleet's storage can be used");
}

void FleetNode::note_back() {
  {
    const std::lock_guard guard(mutex_);
    away_since_.reset();
    if (std::exchange(told_, {}).empty()) {
      return;
    }
  }
  write_line(LogLevel::kNotice, "the fleet's storage can be used again");
}

// The owner's lock has lapsed by then, and what is obtained alone is brought
// along when the tree is back.
std::unique_ptr<FileLock> FleetNode::try_alone(Replica& replica) {
  if (!is_time_to_look(replica) || !is_chosen() || !is_urgent(replica) ||
      !replica.try_occupy()) {
    return nullptr;
  }
  {
    const std::lock_guard guard(mutex_);
    if (!away_since_) {
      return nullptr;
    }
    alone_.insert(&replica);
    replica.set_alone(true);
  }
  replica.log().warn(
      "the storage of the fleet is away, and certificates are about to expire: "
      "this node goes on from \"" +
      replica.directory().root() +
      "\" alone; give the storage back soon, since other nodes do not get what "
      "it obtains");
  return std::make_unique<LoneLock>(shared_from_this(),
                                    replica.shared_from_this());
}

bool FleetNode::is_time_to_look(const Replica& replica) {
  const std::lock_guard guard(mutex_);
  const SteadyPoint now = clock_.steady_now();
  if (!away_since_ || now < *away_since_ + 2 * settings_.time_to_live ||
      strangers_.contains(&replica)) {
    return false;
  }
  const auto [last, is_first] = looked_at_.try_emplace(&replica, now);
  if (!is_first && now < last->second + kBetweenLooks) {
    return false;
  }
  last->second = now;
  return true;
}

bool FleetNode::is_alone(const Replica& replica) const {
  const std::lock_guard guard(mutex_);
  return away_since_ && alone_.contains(&replica);
}

bool FleetNode::is_chosen() const {
  switch (settings_.emergency.who) {
    case FleetEmergency::Who::kOff:
      return false;
    case FleetEmergency::Who::kNode:
      return settings_.emergency.node == settings_.node;
    case FleetEmergency::Who::kLowest:
      break;
  }
  // Those that there were last, as the directory remembers them: this process
  // may have begun without the tree.
  for (const auto& replica : replicas()) {
    const ReadResult file = replica->directory().read(kFleetFile, kLargestFile);
    const auto marker = file.status == ReadResult::Status::kOk
                            ? read_fleet_marker(to_text(file.data))
                            : std::nullopt;
    if (marker && !marker->nodes.empty()) {
      return *std::min_element(marker->nodes.begin(), marker->nodes.end()) ==
             settings_.node;
    }
  }
  return false;
}

bool FleetNode::is_urgent(const Replica& replica) const {
  FileStore store(replica.directory(), FileStore::Access::kReadOnly);
  const TimePoint now = clock_.now();
  const std::vector<std::string> names = store.certificate_names();
  return std::any_of(names.begin(), names.end(), [&](const std::string& name) {
    const auto document = store.describe_certificate(name);
    if (!document || document->record.unused_since) {
      return false;
    }
    const auto begin = parse_rfc3339(document->facts.not_before);
    const auto end = parse_rfc3339(document->facts.not_after);
    return begin && end &&
           now >= *end - (*end - *begin) / settings_.emergency.part;
  });
}

}  // namespace acme
