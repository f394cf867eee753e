// SPDX-License-Identifier: BSD-2-Clause
// A tree in Redis, and what becomes of it when its server comes and goes.
#include "acme_core/fleet/redis_tree.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <list>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "acme_core/error.h"
#include "tests/support/failure_of.h"
#include "tests/support/redis_server.h"
#include "tests/unit/fleet/redis_test.h"
#include "tests/unit/fleet/shared_tree_suite.h"

namespace acme {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;
using testing::SizeIs;

class RedisPlace final : public TreePlace {
 public:
  [[nodiscard]] std::unique_ptr<SharedTree> open() override {
    return std::make_unique<RedisTree>(options_);
  }

 private:
  static RedisOptions make_options() {
    static RedisServer server;
    static int places = 0;
    RedisOptions options = server.options();
    options.prefix = "place" + std::to_string(++places) + ":";
    return options;
  }

  const RedisOptions options_ = make_options();
};

INSTANTIATE_TEST_SUITE_P(Redis, AnySharedTree,
                         testing::Values(KindOfTree{
                             "Redis",
                             [] { return std::make_unique<RedisPlace>(); },
                             RedisServer::missing()}),
                         [](const auto& test) { return test.param.name; });

class RedisTreeTest : public RedisTest {};

TEST_F(RedisTreeTest, NeedsUrlsItUnderstands) {
  for (const char* url :
       {"", "redis://", "redis:///1", "http://host", "host:6379", "redis://h:",
        "redis://h:0x1", "redis://h:65536", "redis://h/db", "redis://[::1",
        "redis://[::1]6379", "redis://h:6379/1/2", "redis://h?x=1:2"}) {
    const Error error =
        failure_of([&] { return RedisTree(redis_options({url})); });
    EXPECT_EQ(error.kind(), ErrorKind::kConfiguration) << url;
  }
  EXPECT_EQ(failure_of([] { return RedisTree(RedisOptions()); }).kind(),
            ErrorKind::kConfiguration);
  EXPECT_EQ(parse_redis_url("rediss://[2001:db8::1]/2", "26379").url(),
            "rediss://[2001:db8::1]:26379/2");
  EXPECT_EQ(parse_redis_url("redis://h.example:1/", "6379").url(),
            "redis://h.example:1");
}

TEST_F(RedisTreeTest, SaysWhereItIsAndNoSecret) {
  RedisOptions options = redis_options({"redis://a:1", "redis://b/2"});
  options.password = secret("hush");
  EXPECT_EQ(RedisTree(options).place(), "redis redis://a:1,redis://b/2 test:");
  options.urls = {"redis://me:hush@a"};
  EXPECT_THAT(failure_of([&] { return RedisTree(options); }).what(),
              Not(HasSubstr("hush")));
}

TEST_F(RedisTreeTest, IsAwayWhenTheServerIsAndHasToBeReadAnewAfterwards) {
  RedisServer server({"appendonly yes", "appendfsync always"});
  RedisTree tree(server.options());
  RedisTree other(server.options());
  const auto first = tree.write({{"a", "1"}}, {});
  const TreeRevision before = other.read_all({}).revision;
  EXPECT_THAT(other.wait_for_changes(before, 1ms, {}).changes, IsEmpty());
  server.kill();
  for (int i = 0; i < 2; ++i) {
    EXPECT_EQ(failure_of([&] {
                return tree.write({{"a", "2"}}, {});
              }).kind(),
              ErrorKind::kUnavailable);
    EXPECT_EQ(failure_of([&] { return other.read_all({}); }).kind(),
              ErrorKind::kUnavailable);
    EXPECT_EQ(failure_of([&] {
                return other.wait_for_changes(before, 1s, {});
              }).kind(),
              ErrorKind::kUnavailable);
  }
  server.start();
  EXPECT_TRUE(other.wait_for_changes(before, 60s, {}).has_gap);
  EXPECT_EQ(value_of(other.read_all({}), "a"), "1");
  EXPECT_TRUE(tree.write({{"a", "2"}}, {{"a", *first}}));
}

TEST_F(RedisTreeTest, GivesNoRevisionTwiceWhenTheServerHasLostEverything) {
  RedisServer server;
  RedisTree tree(server.options());
  const auto last = tree.write({{"a", "1"}}, {});
  server.kill();
  server.start();
  const auto next = tree.write({{"a", "other"}}, {{"a", 0}});
  ASSERT_TRUE(next);
  EXPECT_GT(*next, *last);
  EXPECT_TRUE(tree.wait_for_changes(*last, 60s, {}).has_gap);
  EXPECT_FALSE(tree.write({{"a", "2"}}, {{"a", *last}}));
}

TEST_F(RedisTreeTest, HasToBeReadAnewWhenSomebodyEmptiesTheServer) {
  RedisServer server;
  RedisTree tree(server.options());
  const auto last = tree.write({{"a", "1"}}, {});
  std::jthread emptying([&] { server.ask({"FLUSHALL"}); });
  EXPECT_TRUE(tree.wait_for_changes(*last, 60s, {}).has_gap);
  EXPECT_THAT(tree.read_all({}).entries, IsEmpty());
}

TEST_F(RedisTreeTest, HasToBeReadAnewByWhoWasAwayForTooLong) {
  RedisServer server;
  RedisTree tree(server.options());
  const TreeRevision before = tree.read_all({}).revision;
  const auto first = tree.write({{"a", "1"}}, {});
  const auto second = tree.write({{"a", "2"}}, {});
  server.ask({"XTRIM", "test:{tree}:changes", "MAXLEN", "1"});
  EXPECT_TRUE(tree.wait_for_changes(before, 60s, {}).has_gap);
  const TreeChanges last = tree.wait_for_changes(*first, 60s, {});
  EXPECT_FALSE(last.has_gap);
  EXPECT_EQ(last.revision, *second);
}

TEST_F(RedisTreeTest, GivesUpOnAServerThatHangs) {
  RedisServer server;
  RedisTree patient(server.options());
  RedisOptions options = server.options();
  options.timeout = 300ms;
  RedisTree tree(options);
  const TreeRevision before = patient.read_all({}).revision;
  ASSERT_TRUE(tree.write({{"a", "1"}}, {}));
  server.pause();
  EXPECT_THAT(failure_of([&] {
                return tree.write({{"a", "2"}}, {});
              }).what(),
              HasSubstr("no answer within 300 ms"));
  EXPECT_EQ(failure_of([&] { return tree.read_all({}); }).kind(),
            ErrorKind::kUnavailable);
  EXPECT_EQ(
      failure_of([&] { return tree.wait_for_changes(before, 60s, {}); }).kind(),
      ErrorKind::kUnavailable);
  std::stop_source stop;
  std::jthread stopper([&] { stop.request_stop(); });
  EXPECT_EQ(
      failure_of([&] { return patient.read_all(stop.get_token()); }).kind(),
      ErrorKind::kStopped);
  server.resume();
  EXPECT_TRUE(patient.write({{"b", "1"}}, {}));
}

TEST_F(RedisTreeTest, ManyCallersOfAServerThatHangsWaitNoLongerThanOne) {
  RedisServer server;
  RedisOptions options = server.options();
  options.timeout = 1s;
  RedisTree tree(options);
  server.pause();
  const auto start = std::chrono::steady_clock::now();
  const auto call = [&] {
    EXPECT_EQ(failure_of([&] { return tree.read_all({}); }).kind(),
              ErrorKind::kUnavailable);
  };
  {
    std::list<std::jthread> callers;
    for (int i = 0; i < 16; ++i) {
      callers.emplace_back(call);
    }
  }
  EXPECT_LT(std::chrono::steady_clock::now() - start, 12s);
  server.resume();
}

TEST_F(RedisTreeTest, SendsScriptsThatTheServerHasForgotten) {
  RedisServer server;
  RedisTree tree(server.options());
  ASSERT_TRUE(tree.write({{"a", "1"}}, {}));
  server.ask({"SCRIPT", "FLUSH"});
  EXPECT_TRUE(tree.write({{"a", "2"}}, {}));
  EXPECT_THAT(tree.read_all({}).entries, SizeIs(1));
}

TEST_F(RedisTreeTest, ReadsOneStateWhileOthersWrite) {
  RedisServer server;
  RedisTree tree(server.options());
  RedisTree other(server.options());
  std::vector<TreeWrite> many;
  many.reserve(60);
  for (int i = 0; i < 60; ++i) {
    many.push_back({std::to_string(i), std::string(200'000, 'x')});
  }
  ASSERT_TRUE(tree.write(many, {}));
  ASSERT_TRUE(tree.write({{"0first", "0"}, {"9last", "0"}}, {}));
  std::jthread writer([&](const std::stop_token& stop) {
    for (int i = 1; !stop.stop_requested(); ++i) {
      const std::string value = std::to_string(i);
      EXPECT_TRUE(other.write({{"0first", value}, {"9last", value}}, {}));
    }
  });
  for (int i = 0; i < 5; ++i) {
    const TreeSnapshot snapshot = tree.read_all({});
    EXPECT_THAT(snapshot.entries, SizeIs(62));
    EXPECT_EQ(value_of(snapshot, "0first"), value_of(snapshot, "9last"));
  }
}

TEST_F(RedisTreeTest, TellsOfMoreThanAReplyHolds) {
  RedisServer server;
  RedisTree tree(server.options());
  TreeRevision after = tree.read_all({}).revision;
  const std::string large(500'000, 'x');
  TreeRevision last = 0;
  for (int i = 0; i < 5; ++i) {
    last =
        tree.write({{"a", large}, {"b", large}, {"c", large}, {"d", large}}, {})
            .value();
  }
  std::size_t changes = 0;
  while (after < last) {
    const TreeChanges found = tree.wait_for_changes(after, 60s, {});
    ASSERT_FALSE(found.has_gap);
    ASSERT_THAT(found.changes, Not(IsEmpty()));
    EXPECT_LT(found.changes.size(), 20u);
    changes += found.changes.size();
    after = found.revision;
  }
  EXPECT_EQ(changes, 20u);
}

TEST_F(RedisTreeTest, UsesAUserThatMayDoNoMoreThanItNeeds) {
  const std::string rules =
      " ~ngx-acme:* +@read +@write +@scripting +@connection +info +time +wait";
  RedisServer server({"user default off", "user fleet on >hush" + rules,
                      "user poor on >hush ~ngx-acme:* +@connection +info"});
  RedisOptions options = server.options();
  options.prefix = "ngx-acme:";
  options.user = "fleet";
  options.password = secret("hush");
  options.wait_replicas = 1;
  options.urls[0] += "/3";
  RedisTree tree(options);
  const TreeSession session = tree.open_session(30s);
  const auto lock = tree.write({{"lock", "1", session}}, {});
  ASSERT_TRUE(lock);
  EXPECT_TRUE(tree.keep_alive(session));
  tree.close_session(session);
  EXPECT_THAT(tree.wait_for_changes(*lock, 60s, {}).changes, SizeIs(1));
  EXPECT_THAT(tree.read_all({}).entries, IsEmpty());

  const auto refusal = [](const RedisOptions& of) {
    const Error error = failure_of([&] { return RedisTree(of).read_all({}); });
    EXPECT_EQ(error.kind(), ErrorKind::kPermanent);
    EXPECT_THAT(error.what(), Not(HasSubstr("hush")));
    return std::string(error.what());
  };
  RedisOptions wrong = options;
  wrong.prefix = "other:";
  EXPECT_THAT(refusal(wrong), HasSubstr("ACL"));
  wrong = options;
  wrong.user = "poor";
  EXPECT_THAT(refusal(wrong), HasSubstr("ACL"));
  wrong = options;
  wrong.password = secret("wrong hush");
  EXPECT_THAT(refusal(wrong), HasSubstr("check the user and the password"));
  wrong = options;
  wrong.user = "";
  wrong.password.clear();
  EXPECT_THAT(refusal(wrong), HasSubstr("give the password"));
}

TEST_F(RedisTreeTest, SaysWhyAServerTakesNoWrites) {
  RedisServer server({"maxmemory 1mb", "maxmemory-policy noeviction"});
  const Error error = failure_of([&] {
    RedisTree tree(server.options());
    return tree.write({{"a", std::string(500'000, 'x')}}, {});
  });
  EXPECT_EQ(error.kind(), ErrorKind::kUnavailable);
  EXPECT_THAT(error.what(), HasSubstr("maxmemory"));
}

TEST_F(RedisTreeTest, SaysThatEntriesWereEvicted) {
  RedisServer server;
  RedisTree tree(server.options());
  ASSERT_TRUE(tree.write({{"a", "1"}}, {}));
  server.ask({"DEL", "test:{tree}:values"});
  const Error error = failure_of([&] { return tree.read_all({}); });
  EXPECT_EQ(error.kind(), ErrorKind::kPermanent);
  EXPECT_THAT(error.what(), HasSubstr("noeviction"));
}

}  // namespace
}  // namespace acme
