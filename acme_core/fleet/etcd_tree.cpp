// SPDX-License-Identifier: BSD-2-Clause
// A fleet's tree in etcd.
#include "acme_core/fleet/etcd_tree.h"

#include <algorithm>
#include <limits>
#include <utility>

#include "acme_core/error.h"

namespace acme {
namespace {

using namespace std::chrono_literals;
using WatchClock = EtcdWatch::Clock;

// So that a page of the largest values still is one reply.
constexpr std::size_t kEtcdPageSize = 100;
// Of a tree: old revisions may go while its pages are read.
constexpr int kMostReadings = 3;
// A watch that ends sooner is not opened again at once.
constexpr auto kShortLife = 1s;
// Nodes that have nothing to tell do say so at least every 22 minutes: a
// progress notification is due every ten, plus a tenth at random, and comes
// every second time when there was something. Whoever lets the silence of a
// dead connection last longer is between us and the node.
constexpr auto kDeadSilence = 30min;
// Sums of it and the present time stay within the clock's range.
constexpr std::chrono::milliseconds kLongestWait = 24h;

TreeChanges etcd_gap_behind(TreeRevision after) { return {{}, after, true}; }

void require_fits_etcd(const std::vector<TreeWrite>& writes) {
  for (const TreeWrite& write : writes) {
    if (write.path.size() + (write.value ? write.value->size() : 0) >
        kLargestTreeValue) {
      throw Error(ErrorKind::kPermanent,
                  write.path + " is too large to be shared: more than " +
                      std::to_string(kLargestTreeValue / 1024) + "k");
    }
  }
}

}  // namespace

EtcdTree::EtcdTree(const EtcdOptions& options)
    : prefix_(options.prefix),
      timeout_(options.timeout),
      longest_silence_(options.longest_silence),
      start_thread_(options.start_thread),
      client_(options) {}

const std::string& EtcdTree::place() const noexcept { return client_.place(); }

TreeSnapshot EtcdTree::read_all(std::stop_token stop) {
  for (int i = 0; i < kMostReadings; ++i) {
    if (auto snapshot = try_to_read_all(stop)) {
      return *std::move(snapshot);
    }
  }
  throw Error(ErrorKind::kUnavailable,
              place() +
                  " is compacted faster than it can be read: see etcd's "
                  "--auto-compaction-retention");
}

EtcdPage EtcdTree::read_page(const EtcdQuestion& question,
                             const std::stop_token& stop) {
  EtcdPage page;
  client_.ask(question, stop, [&](const EtcdReply& reply) {
    page = read_etcd_page(reply, prefix_);
  });
  return page;
}

// nullopt: the revision of the first page is gone.
std::optional<TreeSnapshot> EtcdTree::try_to_read_all(
    const std::stop_token& stop) {
  EtcdPage page = read_page(etcd_range(prefix_, kEtcdPageSize), stop);
  TreeSnapshot snapshot{std::move(page.entries), page.revision};
  {
    const std::lock_guard lock(mutex_);
    cluster_ = page.cluster;
  }
  while (page.has_more && !page.is_compacted) {
    // The first key behind the last one.
    std::string next = prefix_ + snapshot.entries.back().path;
    next.push_back('\0');
    page = read_page(
        etcd_range(prefix_, kEtcdPageSize, next, snapshot.revision), stop);
    if (!page.entries.empty() &&
        page.entries.front().path <= snapshot.entries.back().path) {
      throw Error(ErrorKind::kUnavailable, place() + ": a page came twice");
    }
    std::move(page.entries.begin(), page.entries.end(),
              std::back_inserter(snapshot.entries));
  }
  return page.is_compacted ? std::nullopt : std::optional(std::move(snapshot));
}

TreeChanges EtcdTree::wait_for_changes(TreeRevision after,
                                       std::chrono::milliseconds longest,
                                       std::stop_token stop) {
  const auto until = WatchClock::now() + std::min(longest, kLongestWait);
  if (after < 0 || after == std::numeric_limits<TreeRevision>::max()) {
    return etcd_gap_behind(after);
  }
  try {
    for (;;) {
      if (stop.stop_requested()) {
        throw Error(ErrorKind::kStopped, "stopping");
      }
      if ((!watch_ || seen_ != after) && !open_watch(after, stop)) {
        return etcd_gap_behind(after);
      }
      const auto opened = watch_->opened();
      TreeChanges found = follow_watch(until, stop);
      if (watch_ || found.has_gap || !found.changes.empty()) {
        return found;
      }
      // Proxies end what is quiet, and nodes are started anew: whether etcd is
      // there shows when the watch is opened again.
      if (WatchClock::now() - opened < kShortLife) {
        throw Error(ErrorKind::kUnavailable, why_closed_);
      }
    }
  } catch (...) {
    close_watch({});  // what it had may be lost
    throw;
  }
}

// False: a gap is behind `after`.
bool EtcdTree::open_watch(TreeRevision after, const std::stop_token& stop) {
  close_watch({});
  EtcdWatchMessage created;
  std::unique_ptr<EtcdWatch> watch;
  client_.ask(
      etcd_watch(prefix_, after + 1), stop,
      [&](const EtcdReply& reply) {
        created = read_etcd_watch(reply, prefix_);
        if (!created.is_created && !created.is_compacted) {
          throw Error(ErrorKind::kUnavailable, "a watch begins in its midst");
        }
      },
      [&](HttpRequest request, const std::stop_token& until) {
        watched_url_ = request.url;
        watch = std::make_unique<EtcdWatch>(client_.http(), std::move(request),
                                            start_thread_);
        auto first = watch->next(WatchClock::now() + timeout_, until);
        if (!first) {
          throw Error(ErrorKind::kUnavailable,
                      "no answer from " + watched_url_ + " within " +
                          std::to_string(timeout_.count()) + " ms");
        }
        return *std::move(first);
      });
  if (created.is_compacted || !is_same_store(created, after, stop)) {
    return false;
  }
  watch_ = std::move(watch);
  seen_ = after;
  checked_ = WatchClock::now();
  return true;
}

void EtcdTree::close_watch(const std::string& why) {
  watch_.reset();
  fragment_.clear();
  why_closed_ = "the watch of " + place() + " has ended: " + why;
}

// A store of another life has another name, or has not come as far. A node that
// is behind the others has not, either, and is asked for what all of them know.
bool EtcdTree::is_same_store(const EtcdWatchMessage& created,
                             TreeRevision after, const std::stop_token& stop) {
  {
    const std::lock_guard lock(mutex_);
    if (!cluster_.empty() && cluster_ != created.cluster) {
      return false;
    }
  }
  return created.revision >= after ||
         read_page(etcd_probe(prefix_), stop).revision >= after;
}

// The revision of a message is of no use: a watch that is behind hands out a
// thousand revisions at a time, under the number of the last there is. Of one
// revision no event comes in a later message, but of its fragments.
TreeChanges EtcdTree::follow_watch(WatchClock::time_point until,
                                   const std::stop_token& stop) {
  constexpr auto kAtOnce = WatchClock::time_point::min();
  TreeChanges found{{}, seen_, false};
  // What is there already is taken along.
  while (auto message =
             next_message(found.changes.empty() ? until : kAtOnce, stop)) {
    if (message->is_compacted) {
      close_watch("compacted");
      return etcd_gap_behind(seen_);
    }
    std::move(message->changes.begin(), message->changes.end(),
              std::back_inserter(fragment_));
    if (message->is_fragment) {
      continue;
    }
    for (TreeChange& change : fragment_) {
      if (change.revision > seen_) {
        found.revision = change.revision;
        found.changes.push_back(std::move(change));
      }
    }
    fragment_.clear();
  }
  seen_ = found.revision;
  return found;
}

// nullopt: none came until then, or the watch is closed.
std::optional<EtcdWatchMessage> EtcdTree::next_message(
    WatchClock::time_point until, const std::stop_token& stop) {
  while (watch_) {
    try {
      if (const auto line = watch_->next(std::min(until, next_check()), stop)) {
        return read_etcd_watch(*line, prefix_);
      }
    } catch (const Error& error) {
      if (error.kind() != ErrorKind::kUnavailable) {
        throw;
      }
      close_watch(error.what());
      break;
    }
    if (WatchClock::now() >= until) {
      break;
    }
    check_watch(stop);
  }
  return std::nullopt;
}

WatchClock::time_point EtcdTree::next_check() const {
  return std::max(watch_->heard(), checked_) + longest_silence_;
}

// A silent watch may be of a node that is gone: then etcd is, and this throws
// Error(kUnavailable), or another node is asked, and the watch is closed.
void EtcdTree::check_watch(const std::stop_token& stop) {
  static_cast<void>(read_page(etcd_probe(prefix_), stop));
  checked_ = WatchClock::now();
  if (!watched_url_.starts_with(client_.url() + "/") ||
      checked_ - watch_->heard() > kDeadSilence) {
    close_watch("it was silent");
  }
}

std::optional<TreeRevision> EtcdTree::write(
    const std::vector<TreeWrite>& writes,
    const std::vector<TreeGuard>& guards) {
  require_fits_etcd(writes);
  const auto question = etcd_write(prefix_, writes, guards);
  if (!question) {
    return std::nullopt;
  }
  std::optional<TreeRevision> revision;
  client_.ask(*question, {}, [&](const EtcdReply& reply) {
    revision = read_etcd_write(reply);
  });
  return revision;
}

TreeSession EtcdTree::open_session(std::chrono::milliseconds time_to_live) {
  TreeSession session;
  client_.ask(etcd_grant(time_to_live), {}, [&](const EtcdReply& reply) {
    session = read_etcd_grant(reply);
  });
  return session;
}

bool EtcdTree::keep_alive(const TreeSession& session) {
  bool is_alive = false;
  client_.ask(etcd_keep_alive(session), {}, [&](const EtcdReply& reply) {
    is_alive = read_etcd_keep_alive(reply);
  });
  return is_alive;
}

void EtcdTree::close_session(const TreeSession& session) {
  client_.ask(etcd_revoke(session), {}, read_etcd_revoke);
}

}  // namespace acme
