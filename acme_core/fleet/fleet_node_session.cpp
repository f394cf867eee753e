// SPDX-License-Identifier: BSD-2-Clause
// A node of a fleet: that it is there.
#include <utility>

#include "acme_core/error.h"
#include "acme_core/fleet/fleet_node.h"

namespace acme {
namespace {

constexpr std::chrono::milliseconds kSessionRetry{1'000};
// Of the time to live: what is taken off for messages on their way.
constexpr int kMarginPart = 10;

}  // namespace

void FleetNode::keep_session(const std::stop_token& stop) {
  while (!stop.stop_requested()) {
    std::chrono::milliseconds pause = settings_.time_to_live / 2;
    try {
      renew_session();
    } catch (const std::exception& error) {
      logger_.write(LogLevel::kDebug, error.what());
      pause = std::min(pause, kSessionRetry);
    }
    static_cast<void>(clock_.sleep_for(pause, stop));
  }
}

// From before the store was asked: it counts from later on.
void FleetNode::renew_session() {
  const SteadyPoint now = clock_.steady_now();
  TreeSession current = session();
  if (!current.empty() && !tree_->keep_alive(current)) {
    current.clear();
    {
      const std::lock_guard guard(mutex_);
      session_.clear();
    }
    for (const auto& replica : replicas()) {
      replica->disown();
    }
    write_line(LogLevel::kWarn,
               "this node did not get to say that it is there; its locks have "
               "lapsed");
  }
  if (current.empty()) {
    current = tree_->open_session(settings_.time_to_live);
  }
  bool is_announced = false;
  {
    const std::lock_guard guard(mutex_);
    session_ = current;
    kept_alive_at_ = now;
    is_announced = announced_in_ == current;
  }
  if (!is_announced) {
    announce();
  }
}

bool FleetNode::is_session_alive() const {
  const std::lock_guard guard(mutex_);
  const auto margin = settings_.time_to_live / kMarginPart;
  return !session_.empty() &&
         clock_.steady_now() < kept_alive_at_ + settings_.time_to_live - margin;
}

TreeSession FleetNode::session() const {
  const std::lock_guard guard(mutex_);
  return session_;
}

void FleetNode::announce() {
  Presence presence;
  presence.node = settings_.node;
  TreeSession in;
  {
    const std::lock_guard guard(mutex_);
    in = session_;
    presence.answered = answered_;
    for (const auto& replica : replicas_) {
      if (replica->is_occupied() && !strangers_.contains(replica.get())) {
        presence.branches.push_back(replica->branch());
      }
    }
  }
  if (!in.empty() &&
      tree_->write({{"nodes/" + instance_, write_presence(presence), in}},
                   {})) {
    const std::lock_guard guard(mutex_);
    announced_in_ = in;
  }
}

}  // namespace acme
