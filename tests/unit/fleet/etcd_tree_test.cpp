// SPDX-License-Identifier: BSD-2-Clause
// The tree on real etcd: what it does beyond what every tree does.
#include <future>
#include <memory>

#include "tests/unit/fleet/etcd_fixture.h"
#include "tests/unit/fleet/shared_tree_suite.h"

namespace acme {
namespace {

class EtcdPlace final : public TreePlace {
 public:
  [[nodiscard]] std::unique_ptr<SharedTree> open() override {
    return std::make_unique<EtcdTree>(shared_etcd().options(prefix_));
  }

 private:
  const std::string prefix_ = new_prefix();
};

TEST_F(EtcdTreeTest, SaysWhereItIsButNotWhoWeAre) {
  EtcdOptions options;
  options.urls = {"https://root:hunter2@a.example:2379/",
                  "http://b.example:2379"};
  options.prefix = "/ngx-acme/";
  options.user = "root";
  options.password = secret("hunter2");
  EXPECT_EQ(EtcdTree(options).place(),
            "etcd https://a.example:2379,http://b.example:2379 /ngx-acme/");
}

TEST_F(EtcdTreeTest, KnowsNothingOfOtherPrefixes) {
  const std::string prefix = new_prefix();
  EtcdTree tree(shared_etcd().options(prefix));
  EtcdTree neighbour(
      shared_etcd().options(prefix.substr(0, prefix.size() - 1) + "0"));
  const TreeRevision before = tree.read_all({}).revision;
  ASSERT_TRUE(neighbour.write({{"x", "1"}}, {}));
  ASSERT_TRUE(tree.write({{"a", "1"}}, {{"x", 0}}));
  EXPECT_THAT(tree.read_all({}).entries, SizeIs(1));
  EXPECT_THAT(etcd_changes(tree, before, 1), SizeIs(1));
}

TEST_F(EtcdTreeTest, ChecksGuardsWithoutWriting) {
  EtcdTree tree(shared_etcd().options(new_prefix()));
  const auto first = tree.write({{"a", "1"}}, {});
  ASSERT_TRUE(first);
  EXPECT_TRUE(tree.write({}, {{"a", *first}}));
  EXPECT_FALSE(tree.write({}, {{"a", 0}}));
}

TEST_F(EtcdTreeTest, TakesAsManyWritesAndGuardsAsPromised) {
  EtcdTree tree(shared_etcd().options(new_prefix()));
  std::vector<TreeWrite> writes;
  std::vector<TreeGuard> guards;
  for (std::size_t i = 0; i < kMostTreeWrites; ++i) {
    writes.push_back({std::to_string(i), "v"});
    guards.push_back({std::to_string(i), 0});
  }
  EXPECT_TRUE(tree.write(writes, guards));
}

TEST_F(EtcdTreeTest, RefusesToWriteOnePathTwice) {
  EtcdTree tree(shared_etcd().options(new_prefix()));
  EXPECT_EQ(failure_kind([&] {
              static_cast<void>(tree.write({{"a", "1"}, {"a", "2"}}, {}));
            }),
            ErrorKind::kPermanent);
}

// etcd hands out a thousand revisions at a time, all under the same number.
TEST_F(EtcdTreeTest, CatchesUpWithThousandsOfChanges) {
  constexpr int kChanges = 2500;
  EtcdTree tree(shared_etcd().options(new_prefix()));
  const TreeRevision before = tree.read_all({}).revision;
  std::vector<std::future<void>> writers;
  for (int w = 0; w < 10; ++w) {
    writers.push_back(std::async(std::launch::async, [&, w] {
      for (int i = 0; i < kChanges / 10; ++i) {
        ASSERT_TRUE(tree.write({{std::to_string(w), std::to_string(i)}}, {}));
      }
    }));
  }
  for (auto& writer : writers) {
    writer.get();
  }
  const auto changes = etcd_changes(tree, before, kChanges);
  ASSERT_THAT(changes, SizeIs(kChanges));
  for (std::size_t i = 1; i < changes.size(); ++i) {
    ASSERT_LT(changes[i - 1].revision, changes[i].revision);
  }
}

// More than one message may have: it comes in fragments.
TEST_F(EtcdTreeTest, CatchesUpWithLargeValues) {
  EtcdTree tree(shared_etcd().options(new_prefix()));
  const TreeRevision before = tree.read_all({}).revision;
  for (char c = 'a'; c < 'i'; ++c) {
    ASSERT_TRUE(tree.write({{std::string(1, c), std::string(500'000, c)},
                            {std::string(2, c), std::string(500'000, c)}},
                           {}));
  }
  const auto changes = etcd_changes(tree, before, 16);
  ASSERT_THAT(changes, SizeIs(16));
  EXPECT_EQ(changes[0].path, "a");
  EXPECT_EQ(changes[15].path, "hh");
  EXPECT_EQ(changes[15].value, std::string(500'000, 'h'));
  EXPECT_THAT(tree.read_all({}).entries, SizeIs(16));
}

TEST_F(EtcdTreeTest, HasToBeReadAnewWhenWhatItMissedWasCompacted) {
  EtcdTree tree(shared_etcd().options(new_prefix()));
  const auto first = tree.write({{"a", "1"}}, {});
  const auto second = tree.write({{"a", "2"}}, {});
  const auto third = tree.write({{"a", "3"}}, {});
  ASSERT_TRUE(first && second && third);
  shared_etcd().call("/v3/kv/compaction",
                     R"({"revision":")" + std::to_string(*third) + "\"}");
  const TreeChanges found = tree.wait_for_changes(*first, 10s, {});
  EXPECT_TRUE(found.has_gap);
  EXPECT_THAT(found.changes, IsEmpty());
  const TreeSnapshot snapshot = tree.read_all({});
  EXPECT_FALSE(tree.wait_for_changes(snapshot.revision, 1ms, {}).has_gap);
}

TEST_F(EtcdTreeTest, HasToBeReadAnewWhenEtcdIsAnotherOne) {
  EtcdServer old_one;
  EtcdServer new_one({.arguments = {"--initial-cluster-token=another"}});
  EtcdOptions options = old_one.options("/x/");
  options.urls.push_back(new_one.url());
  EtcdTree tree(options);
  const TreeRevision now = tree.read_all({}).revision;
  EXPECT_FALSE(tree.wait_for_changes(now, 1ms, {}).has_gap);
  old_one.kill();
  // Until it is noticed that the old one is gone.
  bool has_gap = false;
  for (int i = 0; i < 100 && !has_gap; ++i) {
    try {
      has_gap = tree.wait_for_changes(now, 1s, {}).has_gap;
    } catch (const Error& error) {
      EXPECT_EQ(error.kind(), ErrorKind::kUnavailable);
    }
  }
  EXPECT_TRUE(has_gap);
  EXPECT_FALSE(
      tree.wait_for_changes(tree.read_all({}).revision, 1ms, {}).has_gap);
}

TEST_F(EtcdTreeTest, IsUnavailableWhileEtcdIsDown) {
  EtcdServer server;
  EtcdTree tree(server.options("/x/"));
  const auto first = tree.write({{"a", "1"}}, {});
  ASSERT_TRUE(first);
  EXPECT_THAT(tree.wait_for_changes(*first, 1ms, {}).changes, IsEmpty());
  server.kill();
  const auto begin = std::chrono::steady_clock::now();
  EXPECT_EQ(failure_kind([&] {
              static_cast<void>(tree.wait_for_changes(*first, 60s, {}));
            }),
            ErrorKind::kUnavailable);
  EXPECT_EQ(failure_kind([&] { static_cast<void>(tree.read_all({})); }),
            ErrorKind::kUnavailable);
  EXPECT_EQ(failure_kind([&] {
              static_cast<void>(tree.write({{"a", "2"}}, {}));
            }),
            ErrorKind::kUnavailable);
  EXPECT_EQ(failure_kind([&] { static_cast<void>(tree.open_session(1s)); }),
            ErrorKind::kUnavailable);
  EXPECT_LT(std::chrono::steady_clock::now() - begin, kSoon);
  server.start();
  const auto second = tree.write({{"a", "2"}}, {{"a", *first}});
  ASSERT_TRUE(second);
  EXPECT_THAT(etcd_changes(tree, *first, 1),
              ElementsAre(TreeChange{"a", "2", *second}));
}

// As on the other side of a partition: what is sent arrives nowhere.
TEST_F(EtcdTreeTest, IsUnavailableWhileEtcdIsSilent) {
  EtcdServer server;
  EtcdOptions options = server.options("/x/");
  options.timeout = 2s;
  options.longest_silence = 200ms;
  EtcdTree tree(options);
  const auto first = tree.write({{"a", "1"}}, {});
  ASSERT_TRUE(first);
  EXPECT_THAT(tree.wait_for_changes(*first, 1ms, {}).changes, IsEmpty());
  server.pause();
  const auto begin = std::chrono::steady_clock::now();
  EXPECT_EQ(failure_kind([&] {
              static_cast<void>(tree.wait_for_changes(*first, 60s, {}));
            }),
            ErrorKind::kUnavailable);
  EXPECT_EQ(failure_kind([&] { static_cast<void>(tree.read_all({})); }),
            ErrorKind::kUnavailable);
  EXPECT_EQ(failure_kind([&] { static_cast<void>(tree.keep_alive("1")); }),
            ErrorKind::kUnavailable);
  EXPECT_LT(std::chrono::steady_clock::now() - begin, kSoon);
  server.resume();
  const auto second = tree.write({{"b", "2"}}, {});
  ASSERT_TRUE(second);
  EXPECT_EQ(etcd_changes(tree, *first, 1).back().revision, *second);
}

TEST_F(EtcdTreeTest, KeepsAWatchThatIsSilentForWantOfNews) {
  EtcdOptions options = shared_etcd().options(new_prefix());
  options.longest_silence = 10ms;
  EtcdTree tree(options);
  EtcdTree other(options);
  const TreeRevision before = tree.read_all({}).revision;
  EXPECT_THAT(tree.wait_for_changes(before, 200ms, {}).changes, IsEmpty());
  const auto written = other.write({{"a", "1"}}, {});
  EXPECT_THAT(etcd_changes(tree, before, 1),
              ElementsAre(TreeChange{"a", "1", *written}));
}

TEST_F(EtcdTreeTest, IsNotWokenByProgressNotifications) {
  EtcdServer server(
      {.arguments = {"--experimental-watch-progress-notify-interval=10ms"}});
  EtcdTree tree(server.options("/x/"));
  const TreeRevision before = tree.read_all({}).revision;
  const TreeChanges found = tree.wait_for_changes(before, 300ms, {});
  EXPECT_THAT(found.changes, IsEmpty());
  EXPECT_EQ(found.revision, before);
}

TEST_F(EtcdTreeTest, EndsWhileEtcdIsSilent) {
  EtcdServer server;
  auto tree = std::make_unique<EtcdTree>(server.options("/x/"));
  static_cast<void>(
      tree->wait_for_changes(tree->read_all({}).revision, 1ms, {}));
  server.pause();
  tree.reset();
}

TEST_F(EtcdTreeTest, AsksTheNextNodeWhenOneGivesNoAnswer) {
  EtcdServer gone;
  gone.kill();
  EtcdOptions options = shared_etcd().options(new_prefix());
  options.urls.insert(options.urls.begin(), gone.url());
  EtcdTree tree(options);
  // Not even the first write is lost.
  const auto first = tree.write({{"a", "1"}}, {{"a", 0}});
  ASSERT_TRUE(first);
  EXPECT_THAT(etcd_changes(tree, *first - 1, 1), SizeIs(1));
  EXPECT_THAT(tree.read_all({}).entries, SizeIs(1));
}

TEST_F(EtcdTreeTest, NamesTheAlarmWhenEtcdIsFull) {
  EtcdServer server({.arguments = {"--quota-backend-bytes=2000000"}});
  EtcdTree tree(server.options("/x/"));
  const Error error = failure_of([&] {
    for (int i = 0; i < 100; ++i) {
      EXPECT_TRUE(
          tree.write({{std::to_string(i), std::string(500'000, 'x')}}, {}));
    }
  });
  EXPECT_EQ(error.kind(), ErrorKind::kUnavailable);
  EXPECT_THAT(error.what(),
              AllOf(HasSubstr("NOSPACE"), HasSubstr(server.url())));
}

}  // namespace

std::vector<KindOfTree> kinds_of_etcd() {
  return {{"Etcd", [] { return std::make_unique<EtcdPlace>(); },
           EtcdServer::is_installed() ? "" : kNoEtcd}};
}

}  // namespace acme
