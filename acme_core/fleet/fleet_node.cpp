// SPDX-License-Identifier: BSD-2-Clause
// A node of a fleet: directories, locks and what is waited for.
#include "acme_core/fleet/fleet_node.h"

#include <algorithm>
#include <system_error>
#include <utility>

#include "acme_core/env/random.h"
#include "acme_core/error.h"
#include "acme_core/fleet/fleet_file_system.h"
#include "acme_core/hexadecimal.h"

namespace acme {
namespace {

// For our own lock to come back to us.
constexpr std::chrono::milliseconds kLongestLockEcho{5'000};

std::string branch_of(const std::string& issuer) {
  std::string branch;
  for (const char c : issuer) {
    const auto byte = static_cast<unsigned char>(c);
    if (std::isalnum(byte) != 0 || c == '-' || c == '_' ||
        (c == '.' && !branch.empty())) {
      branch += c;
    } else {
      branch.append("%").append(to_hex(std::span(&byte, 1)));
    }
  }
  // Beside the branches there are these.
  if (branch == "nodes" || branch == "fleet") {
    const auto byte = static_cast<unsigned char>(branch.front());
    branch.replace(0, 1, "%" + to_hex(std::span(&byte, 1)));
  }
  return branch;
}

std::string make_instance(const std::string& node) {
  SystemRandom random;
  return node + "/" + std::to_string(random.below(UINT64_MAX));
}

class FleetLock final : public FileLock {
 public:
  FleetLock(std::shared_ptr<FleetNode> node, std::shared_ptr<Replica> replica)
      : node_(std::move(node)), replica_(std::move(replica)) {}
  ~FleetLock() override { node_->release(*replica_); }
  FleetLock(const FleetLock&) = delete;
  FleetLock& operator=(const FleetLock&) = delete;

  [[nodiscard]] bool is_held() const override {
    return node_->is_owner(*replica_);
  }

 private:
  const std::shared_ptr<FleetNode> node_;
  const std::shared_ptr<Replica> replica_;
};

}  // namespace

FleetNode::FleetNode(std::unique_ptr<SharedTree> tree, FleetSettings settings,
                     Clock& clock, Logger& logger, ThreadStarter start_thread)
    : tree_(std::move(tree)),
      settings_(std::move(settings)),
      clock_(clock),
      logger_(logger),
      start_thread_(std::move(start_thread)),
      instance_(make_instance(settings_.node)) {}

FleetNode::~FleetNode() {
  for (std::jthread* thread : {&follower_, &keeper_}) {
    thread->request_stop();
  }
  for (std::jthread* thread : {&follower_, &keeper_}) {
    if (thread->joinable()) {
      thread->join();
    }
  }
  // Who waits for us waits for no store that is away.
  if (const TreeSession last = session(); !last.empty() && !is_away()) {
    try {
      tree_->close_session(last);
    } catch (const Error&) {  // it lapses
    }
  }
}

std::unique_ptr<FileSystem> FleetNode::open(
    const std::string& issuer, std::unique_ptr<FileSystem> directory) {
  auto replica = std::make_shared<Replica>(
      *tree_, settings_.keys, branch_of(issuer), std::move(directory),
      EventLog(logger_, issuer));
  {
    const std::lock_guard guard(mutex_);
    replicas_.push_back(replica);
  }
  start_threads();
  changed_.notify_all();
  return std::make_unique<FleetFileSystem>(shared_from_this(),
                                           std::move(replica));
}

// Where the system has no threads left, whoever asks for a lock tries again.
void FleetNode::start_threads() {
  const std::lock_guard guard(mutex_);
  try {
    if (!keeper_.joinable()) {
      keeper_ = start_thread_(
          [this](const std::stop_token& stop) { keep_session(stop); });
    }
    if (!follower_.joinable()) {
      follower_ =
          start_thread_([this](const std::stop_token& stop) { follow(stop); });
    }
  } catch (const std::system_error& error) {
    if (const std::string why = why_no_thread(error);
        std::exchange(told_, why) != why) {
      write_line(LogLevel::kError, why);
    }
  }
}

std::unique_ptr<FileLock> FleetNode::try_own(Replica& replica) {
  start_threads();
  const std::string path = replica.lock_path();
  TreeSession in;
  if (is_away()) {
    return try_alone(replica);
  }
  {
    const std::lock_guard guard(mutex_);
    if (session_.empty() || !replica.is_occupied() || replica.followed() == 0 ||
        strangers_.contains(&replica)) {
      return nullptr;
    }
    if (const auto held = locks_.find(path);
        held != locks_.end() && held->second.holder != instance_) {
      return nullptr;
    }
    in = session_;
  }
  std::optional<TreeRevision> revision;
  try {
    // What we wrote may have got there although its answer did not get here.
    std::optional<TreeRevision> there;
    {
      const std::lock_guard guard(mutex_);
      if (const auto held = locks_.find(path); held != locks_.end()) {
        there = held->second.revision;
      }
    }
    revision =
        tree_->write({{path, instance_, in}}, {{path, there.value_or(0)}});
  } catch (const Error& error) {
    logger_.write(LogLevel::kDebug, error.what());
  }
  if (!revision) {
    return nullptr;
  }
  replica.own(*revision);
  auto lock = std::make_unique<FleetLock>(shared_from_this(),
                                          replica.shared_from_this());
  // All that was written before it has to be here before anything is done.
  const SteadyPoint until = clock_.steady_now() + kLongestLockEcho;
  std::unique_lock guard(mutex_);
  while (replica.followed() < *revision && clock_.steady_now() < until &&
         replica.is_owned()) {
    clock_.wait_for(guard, changed_, until - clock_.steady_now(), {});
  }
  guard.unlock();
  return replica.followed() >= *revision && replica.is_owned() ? std::move(lock)
                                                               : nullptr;
}

void FleetNode::release(Replica& replica) noexcept {
  try {
    const std::optional<TreeRevision> lock = replica.lock_revision();
    replica.disown();
    if (lock && !is_away()) {
      static_cast<void>(tree_->write({{replica.lock_path(), std::nullopt}},
                                     {{replica.lock_path(), *lock}}));
    }
  } catch (const std::exception&) {  // its session ends, too
  }
}

void FleetNode::leave(Replica& replica) noexcept {
  const std::lock_guard guard(mutex_);
  std::erase_if(replicas_,
                [&](const auto& one) { return one.get() == &replica; });
  alone_.erase(&replica);
  strangers_.erase(&replica);
  wiped_.erase(&replica);
  broken_.erase(&replica);
  broken_told_.erase(&replica);
  looked_at_.erase(&replica);
}

bool FleetNode::is_owner(const Replica& replica) const {
  if (is_alone(replica)) {
    return true;
  }
  return replica.is_owned() && replica.is_occupied() && is_session_alive();
}

void FleetNode::require_writable(Replica& replica) {
  // Who lost the lock is told so by the lease.
  if (!is_alone(replica) && is_owner(replica)) {
    replica.check();
  }
}

void FleetNode::wait_until_answered(Replica& replica, TreeRevision revision) {
  if (revision == 0) {
    return;
  }
  const SteadyPoint until = clock_.steady_now() + settings_.longest_answer_wait;
  const auto is_answered = [&] {
    return std::all_of(
        presences_.begin(), presences_.end(), [&](const auto& presence) {
          const Presence& of = presence.second;
          return of.answered >= revision ||
                 presence.first == "nodes/" + instance_ ||
                 std::find(of.branches.begin(), of.branches.end(),
                           replica.branch()) == of.branches.end();
        });
  };
  std::unique_lock guard(mutex_);
  while (!is_answered() && !away_since_) {
    const SteadyPoint now = clock_.steady_now();
    if (now >= until) {
      replica.log().info("not every node of the fleet answers yet");
      return;
    }
    clock_.wait_for(guard, changed_, until - now, {});
  }
}

bool FleetNode::is_away() const {
  const std::lock_guard guard(mutex_);
  return away_since_.has_value();
}

std::vector<std::shared_ptr<Replica>> FleetNode::replicas() const {
  const std::lock_guard guard(mutex_);
  return replicas_;
}

void FleetNode::write_line(LogLevel level, const std::string& text) const {
  logger_.write(level, "acme: " + printable(tree_->place() + ": " + text));
}

}  // namespace acme
