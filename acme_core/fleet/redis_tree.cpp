// SPDX-License-Identifier: BSD-2-Clause
// Scripts, and what they answer.
#include "acme_core/fleet/redis_tree.h"

#include <algorithm>
#include <chrono>
#include <utility>

#include "acme_core/env/random.h"
#include "acme_core/error.h"
#include "acme_core/fleet/redis_scripts.h"
#include "acme_core/fleet/redis_snapshot.h"

namespace acme {
namespace {

using std::chrono::milliseconds;

constexpr std::size_t kMostIdleNodes = 4;
constexpr milliseconds kReplicaPatience{200};
// A tree has as many pages as it has; each of them has the time of a request.
constexpr int kRequestsOfASnapshot = 20;

std::string place_of(const RedisOptions& options) {
  std::string text;
  for (const std::string& url : options.urls) {
    text.append(text.empty() ? "redis " : ",").append(url);
  }
  return text + " " + options.prefix;
}

// The braces keep them on one node of a cluster, where scripts need them.
std::vector<std::string> keys_of(const std::string& prefix) {
  std::vector<std::string> keys;
  keys.reserve(kRedisKeys.size());
  for (const std::string_view key : kRedisKeys) {
    keys.push_back(prefix + "{tree}:" + std::string(key));
  }
  return keys;
}

// Has its time to live in front, for keep_alive() of any node.
TreeSession new_session(milliseconds time_to_live) {
  SystemRandom random;
  TreeSession session = std::to_string(time_to_live.count()) + "-";
  for (int i = 0; i < 16; ++i) {
    session += "0123456789abcdef"[random.below(16)];
    session += "0123456789abcdef"[random.below(16)];
  }
  return session;
}

void require_size(const std::vector<TreeWrite>& writes,
                  const std::vector<TreeGuard>& guards) {
  if (writes.size() + guards.size() > kMostTreeWrites) {
    throw Error(ErrorKind::kPermanent, "more than " +
                                           std::to_string(kMostTreeWrites) +
                                           " writes and guards at once");
  }
  for (const TreeWrite& write : writes) {
    if (write.path.size() + (write.value ? write.value->size() : 0) >
        kLargestTreeValue) {
      throw Error(ErrorKind::kPermanent,
                  write.path + " is larger than " +
                      std::to_string(kLargestTreeValue / 1024) +
                      " KiB, which is the most that a fleet shares");
    }
  }
}

// Of a stream's entry: its id "REVISION-1", and its fields.
void append_changes(const RedisReply& entry, TreeChanges& to) {
  const RedisReply::List& parts = entry.list(2);
  const std::string& id = parts[0].text();
  to.revision = RedisReply{id.substr(0, id.find('-'))}.number();
  const RedisReply::List& fields = parts[1].list();
  for (std::size_t i = 0; i + 1 < fields.size(); i += 2) {
    const std::string& path = fields[i].text();
    to.changes.push_back({path.substr(std::min<std::size_t>(1, path.size())),
                          path.starts_with('=')
                              ? std::optional(fields[i + 1].text())
                              : std::nullopt,
                          to.revision});
  }
}

}  // namespace

RedisTree::RedisTree(RedisOptions options)
    : options_(std::move(options)),
      place_(place_of(options_)),
      keys_(keys_of(options_.prefix)),
      nodes_(options_) {}

RedisNode RedisTree::take_node(const IoWait& wait) {
  for (;;) {
    std::unique_lock lock(mutex_);
    if (idle_.empty()) {
      lock.unlock();
      return nodes_.connect(wait);
    }
    RedisNode node = std::move(idle_.back());
    idle_.pop_back();
    lock.unlock();
    if (node.connection->is_good()) {
      return node;
    }
  }
}

void RedisTree::keep_node(RedisNode node) {
  const std::lock_guard guard(mutex_);
  if (idle_.size() < kMostIdleNodes) {
    idle_.push_back(std::move(node));
  }
}

void RedisTree::forget_nodes() {
  const std::lock_guard guard(mutex_);
  idle_.clear();
}

template <typename Act>
auto RedisTree::on_node(const IoWait& wait, Act act) {
  RedisNode node = take_node(wait);
  auto result = on(node, act);
  keep_node(std::move(node));
  return result;
}

template <typename Act>
auto RedisTree::on(RedisNode& node, Act act) {
  try {
    return act(node);
  } catch (Error& error) {
    if (error.kind() == ErrorKind::kUnavailable) {
      forget_nodes();  // they may be those of a server that is no master now
    }
    throw error.with_context(node.connection->peer());
  }
}

RedisReply RedisTree::run(RedisNode& node, const RedisScript& script,
                          Arguments arguments, const IoWait& wait) const {
  const std::string number_of_keys = std::to_string(keys_.size());
  std::vector<std::string_view> command{"EVALSHA", script.name, number_of_keys};
  command.insert(command.end(), keys_.begin(), keys_.end());
  command.push_back(node.run_id);
  command.insert(command.end(), arguments.begin(), arguments.end());
  RedisReply reply = node.connection->call(command, wait);
  const RedisRefusal* refusal = reply.refusal();
  if (refusal != nullptr && code_of(*refusal) == "NOSCRIPT") {
    command[0] = "EVAL";
    command[1] = script.text;
    reply = node.connection->call(command, wait);
    refusal = reply.refusal();
  }
  if (refusal != nullptr) {
    throw error_of(*refusal);
  }
  return reply;
}

TreeSnapshot RedisTree::read_all(std::stop_token stop) {
  const IoWait wait(options_.timeout, stop);
  return on_node(wait, [&](RedisNode& node) {
    const IoWait whole(options_.timeout * kRequestsOfASnapshot, stop);
    return read_snapshot(node, whole);
  });
}

TreeSnapshot RedisTree::read_snapshot(RedisNode& node,
                                      const IoWait& whole) const {
  const auto ask = [&](const RedisScript& script, Arguments arguments) {
    const IoWait wait(std::min(options_.timeout, whole.left()), whole.stop());
    return run(node, script, arguments, wait);
  };
  RedisSnapshot snapshot;
  do {
    snapshot.begin(ask(redis_script<kListScript>(), {}));
    for (auto paths = snapshot.next_paths(); !paths.empty();
         paths = snapshot.next_paths()) {
      snapshot.take_values(ask(redis_script<kTreePageScript>(), paths));
    }
  } while (!snapshot.is_complete());
  return snapshot.take();
}

TreeChanges RedisTree::wait_for_changes(TreeRevision after,
                                        milliseconds longest,
                                        std::stop_token stop) {
  const auto deadline = std::chrono::steady_clock::now() + longest;
  std::optional<RedisNode> node = std::exchange(waiting_, std::nullopt);
  if (!node || !node->connection->is_good()) {
    node = nodes_.connect(IoWait(options_.timeout, stop));
  }
  TreeChanges changes = on(*node, [&](RedisNode& waiting) {
    for (;;) {
      TreeChanges found = changes_behind(waiting, after, stop);
      const auto left = std::chrono::ceil<milliseconds>(
          deadline - std::chrono::steady_clock::now());
      if (found.has_gap || !found.changes.empty() ||
          left <= milliseconds::zero()) {
        return found;
      }
      wait_for_bell(waiting, after, left, stop);
    }
  });
  waiting_ = std::move(node);
  return changes;
}

TreeChanges RedisTree::changes_behind(RedisNode& node, TreeRevision after,
                                      const std::stop_token& stop) const {
  const IoWait wait(options_.timeout, stop);
  const std::string revision = std::to_string(after);
  const std::string_view argument = revision;
  const RedisReply reply =
      run(node, redis_script<kChangesScript>(), {&argument, 1}, wait);
  const RedisReply::List& parts = reply.list(2);
  TreeChanges found;
  found.has_gap = parts[0].integer() != 0;
  found.revision = parts[1].number();
  if (!found.has_gap) {
    for (const RedisReply& entry : parts.back().list()) {
      append_changes(entry, found);
    }
  }
  return found;
}

// XREAD only says that there is something: what it is, and whether something
// came before it, is changes_behind()'s to say.
void RedisTree::wait_for_bell(RedisNode& node, TreeRevision after,
                              milliseconds longest,
                              const std::stop_token& stop) const {
  // 0 were without end.
  const milliseconds block =
      std::max(milliseconds(1), std::min(longest, options_.lapse_interval));
  node.connection->require(
      {"XREAD", "COUNT", "1", "BLOCK", std::to_string(block.count()), "STREAMS",
       keys_.back(), std::to_string(after) + "-1"},
      IoWait(block + options_.timeout, stop));
}

std::optional<TreeRevision> RedisTree::write(
    const std::vector<TreeWrite>& writes,
    const std::vector<TreeGuard>& guards) {
  require_size(writes, guards);
  const IoWait wait(options_.timeout, {});
  return on_node(wait, [&](RedisNode& node) -> std::optional<TreeRevision> {
    std::vector<std::string> texts{std::to_string(guards.size())};
    for (const TreeGuard& guard : guards) {
      texts.push_back(guard.path);
      texts.push_back(std::to_string(guard.revision));
    }
    for (const TreeWrite& one : writes) {
      texts.push_back((one.value ? "=" : "-") + one.path);
    }
    std::vector<std::string_view> arguments;
    const std::size_t heads = texts.size() - writes.size();
    arguments.insert(arguments.end(), texts.begin(),
                     texts.begin() + static_cast<std::ptrdiff_t>(heads));
    for (std::size_t i = 0; i < writes.size(); ++i) {
      arguments.push_back(texts[heads + i]);
      arguments.push_back(writes[i].value ? std::string_view(*writes[i].value)
                                          : std::string_view());
      arguments.push_back(writes[i].session);
    }
    const RedisReply reply =
        run(node, redis_script<kWriteScript>(), arguments, wait);
    if (reply.is_nil()) {
      return std::nullopt;
    }
    if (options_.wait_replicas > 0) {
      // How many have it changes nothing: it is written.
      node.connection->require({"WAIT", std::to_string(options_.wait_replicas),
                                std::to_string(kReplicaPatience.count())},
                               wait);
    }
    return reply.number();
  });
}

RedisReply RedisTree::run(const RedisScript& script, Arguments arguments) {
  const IoWait wait(options_.timeout, {});
  return on_node(wait, [&](RedisNode& node) {
    return run(node, script, arguments, wait);
  });
}

TreeSession RedisTree::open_session(milliseconds time_to_live) {
  TreeSession session = new_session(time_to_live);
  const std::string life = std::to_string(time_to_live.count());
  const std::vector<std::string_view> arguments{session, life};
  static_cast<void>(run(redis_script<kOpenScript>(), arguments));
  return session;
}

bool RedisTree::keep_alive(const TreeSession& session) {
  const std::string_view life =
      std::string_view(session).substr(0, session.find('-'));
  const std::vector<std::string_view> arguments{session, life};
  return run(redis_script<kKeepScript>(), arguments).integer() == 1;
}

void RedisTree::close_session(const TreeSession& session) {
  const std::vector<std::string_view> arguments{session};
  static_cast<void>(run(redis_script<kCloseScript>(), arguments));
}

}  // namespace acme
