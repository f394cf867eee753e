// SPDX-License-Identifier: BSD-2-Clause
// What every tree of a fleet promises, whatever store keeps it.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <stop_token>
#include <string>
#include <thread>
#include <vector>

#include "acme_core/error.h"
#include "tests/support/memory_tree.h"
#include "tests/unit/fleet/shared_tree_suite.h"

namespace acme {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::Field;
using testing::IsEmpty;

const std::string kAnyBytes("\0\xff\n\"\\\r a", 8);

std::vector<std::string> paths_of(const TreeSnapshot& snapshot) {
  std::vector<std::string> paths;
  for (const TreeEntry& entry : snapshot.entries) {
    paths.push_back(entry.path);
  }
  return paths;
}

// All changes behind `after` up to the one of `path`.
std::vector<TreeChange> changes_until(SharedTree& tree, TreeRevision after,
                                      const std::string& path) {
  std::vector<TreeChange> all;
  for (int i = 0; i < 100; ++i) {
    const TreeChanges found = tree.wait_for_changes(after, 1s, {});
    EXPECT_FALSE(found.has_gap);
    after = found.revision;
    for (const TreeChange& change : found.changes) {
      all.push_back(change);
      if (change.path == path) {
        return all;
      }
    }
  }
  ADD_FAILURE() << "no change of " << path;
  return all;
}

TEST_P(AnySharedTree, StartsWithNothing) {
  EXPECT_THAT(tree_->read_all({}).entries, IsEmpty());
  EXPECT_NE(tree_->place(), "");
}

TEST_P(AnySharedTree, ShowsOthersWhatItWrote) {
  const auto first = tree_->write({{"a/one", kAnyBytes}, {"a/two", ""}}, {});
  ASSERT_TRUE(first);
  const auto second = tree_->write({{"a/two", "2"}}, {});
  ASSERT_TRUE(second);
  EXPECT_GT(*second, *first);
  const TreeSnapshot snapshot = other_->read_all({});
  EXPECT_THAT(snapshot.entries,
              ElementsAre(TreeEntry{"a/one", kAnyBytes, *first},
                          TreeEntry{"a/two", "2", *second}));
  EXPECT_GE(snapshot.revision, *second);
}

TEST_P(AnySharedTree, ReadsThousandsOfEntries) {
  std::vector<std::string> expected;
  for (int i = 0; i < 2000; i += 50) {
    std::vector<TreeWrite> writes;
    for (int k = i; k < i + 50; ++k) {
      writes.push_back({"many/" + std::to_string(10'000 + k), "v"});
      expected.push_back(writes.back().path);
    }
    ASSERT_TRUE(tree_->write(writes, {}));
  }
  EXPECT_EQ(paths_of(other_->read_all({})), expected);
}

TEST_P(AnySharedTree, WritesNothingWhenAGuardDoesNotHold) {
  const auto first = tree_->write({{"a", "1"}}, {{"a", 0}});
  ASSERT_TRUE(first);
  EXPECT_FALSE(other_->write({{"a", "2"}, {"b", "2"}}, {{"a", 0}}));
  EXPECT_FALSE(other_->write({{"a", "2"}, {"b", "2"}}, {{"a", *first + 1}}));
  EXPECT_FALSE(other_->write({{"b", "2"}}, {{"a", *first}, {"c", *first}}));
  EXPECT_THAT(paths_of(tree_->read_all({})), ElementsAre("a"));
  EXPECT_TRUE(other_->write({{"a", "2"}, {"b", "2"}}, {{"a", *first}}));
  EXPECT_FALSE(tree_->write({{"a", "3"}}, {{"a", *first}}));
  EXPECT_THAT(paths_of(tree_->read_all({})), ElementsAre("a", "b"));
}

TEST_P(AnySharedTree, RemovesAndGuardsWhatIsNoMore) {
  const auto first = tree_->write({{"a", "1"}}, {});
  ASSERT_TRUE(tree_->write({{"a", std::nullopt}, {"never", std::nullopt}}, {}));
  EXPECT_THAT(other_->read_all({}).entries, IsEmpty());
  EXPECT_FALSE(other_->write({{"b", "1"}}, {{"a", *first}}));
  EXPECT_TRUE(other_->write({{"b", "1"}}, {{"a", 0}}));
}

TEST_P(AnySharedTree, TellsOfChangesInTheirOrder) {
  const TreeRevision before = other_->read_all({}).revision;
  const auto first = tree_->write({{"a", kAnyBytes}}, {});
  const auto second = tree_->write({{"a", std::nullopt}, {"b", "1"}}, {});
  const auto third = tree_->write({{"end", ""}}, {});
  const auto changes = changes_until(*other_, before, "end");
  ASSERT_EQ(changes.size(), 4u);
  EXPECT_EQ(changes[0], (TreeChange{"a", kAnyBytes, *first}));
  EXPECT_THAT(
      (std::vector<TreeChange>{changes[1], changes[2]}),
      testing::UnorderedElementsAre(TreeChange{"a", std::nullopt, *second},
                                    TreeChange{"b", "1", *second}));
  EXPECT_EQ(changes[3], (TreeChange{"end", "", *third}));
}

TEST_P(AnySharedTree, WakesWhoeverWaits) {
  const TreeRevision before = other_->read_all({}).revision;
  std::jthread writer([&] { EXPECT_TRUE(tree_->write({{"a", "1"}}, {})); });
  EXPECT_EQ(changes_until(*other_, before, "a").size(), 1u);
}

TEST_P(AnySharedTree, WaitsNoLongerThanAsked) {
  const TreeRevision before = tree_->read_all({}).revision;
  const TreeChanges found = tree_->wait_for_changes(before, 50ms, {});
  EXPECT_THAT(found.changes, IsEmpty());
  EXPECT_FALSE(found.has_gap);
  EXPECT_GE(found.revision, before);
}

TEST_P(AnySharedTree, StopsWaiting) {
  const TreeRevision before = tree_->read_all({}).revision;
  std::stop_source stop;
  std::jthread stopper([&] { stop.request_stop(); });
  try {
    static_cast<void>(tree_->wait_for_changes(before, 60s, stop.get_token()));
    ADD_FAILURE() << "it did not throw";
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::kStopped);
  }
}

TEST_P(AnySharedTree, HasToBeReadAnewWhenItCountsFromTheBeginningAgain) {
  const TreeRevision now = tree_->read_all({}).revision;
  EXPECT_TRUE(tree_->wait_for_changes(now + 1'000'000, 10s, {}).has_gap);
}

TEST_P(AnySharedTree, KeepsEntriesOfASessionAsLongAsIt) {
  const TreeSession session = tree_->open_session(30s);
  const auto lock = tree_->write({{"lock", "node", session}}, {{"lock", 0}});
  ASSERT_TRUE(lock);
  EXPECT_FALSE(other_->write({{"lock", "other"}}, {{"lock", 0}}));
  EXPECT_TRUE(tree_->keep_alive(session));
  EXPECT_TRUE(tree_->write({{"x", "1"}}, {{"lock", *lock}}));
  const TreeRevision before = other_->read_all({}).revision;
  tree_->close_session(session);
  EXPECT_FALSE(tree_->keep_alive(session));
  EXPECT_FALSE(tree_->write({{"x", "2"}}, {{"lock", *lock}}));
  EXPECT_FALSE(changes_until(*other_, before, "lock").back().value);
  EXPECT_THAT(paths_of(other_->read_all({})), ElementsAre("x"));
}

TEST_P(AnySharedTree, EndsTheEntriesOfASessionThatIsNotKeptAlive) {
  const TreeSession session = tree_->open_session(1s);
  const auto lock = tree_->write({{"lock", "node", session}}, {{"lock", 0}});
  ASSERT_TRUE(lock);
  if (GetParam().name == "Memory") {
    return;  // it has no clock
  }
  EXPECT_FALSE(changes_until(*other_, *lock, "lock").back().value);
  EXPECT_FALSE(tree_->keep_alive(session));
  EXPECT_FALSE(tree_->write({{"x", "1"}}, {{"lock", *lock}}));
  EXPECT_FALSE(tree_->write({{"lock", "late", session}}, {}));
  EXPECT_TRUE(other_->write({{"lock", "other"}}, {{"lock", 0}}));
}

TEST_P(AnySharedTree, TakesAnEntryOutOfItsSession) {
  const TreeSession session = tree_->open_session(30s);
  ASSERT_TRUE(tree_->write({{"a", "1", session}}, {}));
  ASSERT_TRUE(tree_->write({{"a", "2"}}, {}));
  tree_->close_session(session);
  EXPECT_THAT(paths_of(other_->read_all({})), ElementsAre("a"));
}

TEST_P(AnySharedTree, GivesALockToOne) {
  int winners = 0;
  std::mutex mutex;
  {
    std::vector<std::jthread> threads;
    for (int i = 0; i < 8; ++i) {
      threads.emplace_back([&, i] {
        SharedTree& tree = i % 2 == 0 ? *tree_ : *other_;
        if (tree.write({{"lock", std::to_string(i)}}, {{"lock", 0}})) {
          const std::lock_guard guard(mutex);
          ++winners;
        }
      });
    }
  }
  EXPECT_EQ(winners, 1);
}

TEST_P(AnySharedTree, RefusesWhatIsTooLarge) {
  try {
    static_cast<void>(
        tree_->write({{"a", std::string(kLargestTreeValue, 'x')}}, {}));
    ADD_FAILURE() << "it did not throw";
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::kPermanent);
  }
  EXPECT_TRUE(
      tree_->write({{"a", std::string(kLargestTreeValue - 1, 'x')}}, {}));
}

class MemoryTreePlace final : public TreePlace {
 public:
  [[nodiscard]] std::unique_ptr<SharedTree> open() override {
    return std::make_unique<MemoryTree>(memory_);
  }

 private:
  const std::shared_ptr<TreeMemory> memory_ = std::make_shared<TreeMemory>();
};

INSTANTIATE_TEST_SUITE_P(
    Memory, AnySharedTree,
    testing::Values(KindOfTree{
        "Memory", [] { return std::make_unique<MemoryTreePlace>(); }}),
    [](const auto& kind) { return kind.param.name; });

INSTANTIATE_TEST_SUITE_P(Etcd, AnySharedTree,
                         testing::ValuesIn(kinds_of_etcd()),
                         [](const auto& kind) { return kind.param.name; });

}  // namespace
}  // namespace acme
