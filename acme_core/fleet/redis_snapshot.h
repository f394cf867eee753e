// SPDX-License-Identifier: BSD-2-Clause
// One state of a tree, read in pieces while others write.
//
// A script that returned all of it would keep the server from everything else,
// and a reply has a limit. So only the list of revisions is read at once, and
// values follow by pages. A value belongs to its revision, whenever it was
// read: when all have the revisions of the list, they are the state that the
// list is of. Those that have changed meanwhile are read again with a new list.
#pragma once

#include <cstddef>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "acme_core/fleet/redis_connection.h"
#include "acme_core/fleet/shared_tree.h"

namespace acme {

class RedisSnapshot {
 public:
  /// What kListScript returns. Values that are there already stay.
  void begin(const RedisReply& reply);

  /// To be asked for by kTreePageScript; none: all were.
  [[nodiscard]] std::vector<std::string_view> next_paths() const;
  /// Its answer, for as many of them as it has.
  void take_values(const RedisReply& reply);

  [[nodiscard]] bool is_complete() const;
  [[nodiscard]] TreeSnapshot take();

 private:
  struct Entry {
    TreeRevision listed = 0;
    TreeRevision held = 0;  ///< of `value`; 0: none yet
    std::string value;
  };
  using Entries = std::map<std::string, Entry>;

  TreeRevision revision_ = 0;
  Entries entries_;
  std::vector<Entries::iterator> asked_;  ///< those without value at begin()
  std::size_t answered_ = 0;
};

}  // namespace acme
