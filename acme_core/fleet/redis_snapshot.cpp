// SPDX-License-Identifier: BSD-2-Clause
// Revisions first, then values.
#include "acme_core/fleet/redis_snapshot.h"

#include <algorithm>
#include <utility>

#include "acme_core/error.h"

namespace acme {
namespace {

constexpr std::size_t kPathsOfAPage = 500;

}  // namespace

void RedisSnapshot::begin(const RedisReply& reply) {
  const RedisReply::List& parts = reply.list(2);
  revision_ = parts[0].number();
  const RedisReply::List& listed = parts[1].list();
  Entries before = std::exchange(entries_, {});
  for (std::size_t i = 0; i + 1 < listed.size(); i += 2) {
    const std::string& path = listed[i].text();
    Entry entry;
    if (const auto known = before.find(path); known != before.end()) {
      entry = std::move(known->second);
    }
    entry.listed = listed[i + 1].number();
    entries_.emplace(path, std::move(entry));
  }
  asked_.clear();
  answered_ = 0;
  for (auto at = entries_.begin(); at != entries_.end(); ++at) {
    if (at->second.held != at->second.listed) {
      asked_.push_back(at);
    }
  }
}

std::vector<std::string_view> RedisSnapshot::next_paths() const {
  std::vector<std::string_view> paths;
  for (std::size_t i = answered_;
       i < asked_.size() && paths.size() < kPathsOfAPage; ++i) {
    paths.push_back(asked_[i]->first);
  }
  return paths;
}

void RedisSnapshot::take_values(const RedisReply& reply) {
  const RedisReply::List& fields = reply.list(2);
  for (std::size_t i = 0; i + 1 < fields.size() && answered_ < asked_.size();
       i += 2, ++answered_) {
    auto& [path, entry] = *asked_[answered_];
    const bool is_there = !fields[i].is_nil();
    if (is_there && fields[i + 1].is_nil()) {
      throw Error(ErrorKind::kPermanent,
                  path +
                      " has lost its value: was it evicted? Set "
                      "\"maxmemory-policy noeviction\" there");
    }
    entry.held = is_there ? fields[i].number() : 0;
    entry.value = is_there ? fields[i + 1].text() : std::string();
  }
}

bool RedisSnapshot::is_complete() const {
  return std::all_of(entries_.begin(), entries_.end(), [](const auto& entry) {
    return entry.second.held == entry.second.listed;
  });
}

TreeSnapshot RedisSnapshot::take() {
  TreeSnapshot snapshot;
  snapshot.revision = revision_;
  for (auto& [path, entry] : entries_) {
    snapshot.entries.push_back({path, std::move(entry.value), entry.held});
  }
  return snapshot;
}

}  // namespace acme
