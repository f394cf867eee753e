// SPDX-License-Identifier: BSD-2-Clause
// Masters that die, and replicas that become masters.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <memory>
#include <string>
#include <vector>

#include "acme_core/error.h"
#include "acme_core/fleet/redis_tree.h"
#include "tests/support/failure_of.h"
#include "tests/support/redis_server.h"
#include "tests/unit/fleet/redis_test.h"

namespace acme {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;

class RedisFailoverTest : public RedisTest {};

TEST_F(RedisFailoverTest, UsesTheOneOfSeveralServersThatTakesWrites) {
  RedisServer master;
  RedisServer replica({"replicaof 127.0.0.1 " + master.port()});
  replica.wait_for_line("sync: Finished with success");
  const Error error =
      failure_of([&] { return RedisTree(replica.options()).read_all({}); });
  EXPECT_EQ(error.kind(), ErrorKind::kUnavailable);
  EXPECT_THAT(error.what(), HasSubstr("replica"));
  RedisTree tree(redis_options({"redis://127.0.0.1:" + RedisServer::free_port(),
                                replica.url(), master.url()}));
  EXPECT_TRUE(tree.write({{"a", "1"}}, {}));
}

TEST_F(RedisFailoverTest, NoticesThatItsServerHasBecomeAReplica) {
  RedisServer server;
  RedisServer other;
  RedisTree tree(redis_options({server.url(), other.url()}));
  const auto first = tree.write({{"a", "1"}}, {});
  ASSERT_TRUE(first);
  EXPECT_FALSE(tree.wait_for_changes(*first, 1ms, {}).has_gap);
  server.ask({"REPLICAOF", "127.0.0.1", other.port()});
  server.wait_for_line("sync: Finished with success");
  EXPECT_EQ(failure_of([&] {
              return tree.write({{"a", "2"}}, {});
            }).kind(),
            ErrorKind::kUnavailable);
  EXPECT_TRUE(tree.write({{"a", "2"}}, {{"a", 0}}));
}

class RedisSentinelTest : public RedisTest {
 protected:
  void SetUp() override {
    RedisTest::SetUp();
    if (IsSkipped()) {
      return;
    }
    master_ = std::make_unique<RedisServer>();
    replica_ = std::make_unique<RedisServer>(
        RedisServer::Lines{"replicaof 127.0.0.1 " + master_->port()});
    replica_->wait_for_line("sync: Finished with success");
    for (int i = 0; i < 3; ++i) {
      sentinels_.push_back(
          std::make_unique<RedisServer>(RedisServer::SentinelOf{*master_}));
    }
    for (const auto& sentinel : sentinels_) {
      sentinel->wait_for_line("+slave slave");
      sentinel->wait_for_line("+sentinel sentinel", 2);
      options_.urls.push_back(sentinel->url());
    }
    options_.sentinel_master = "fleet";
  }

  std::unique_ptr<RedisServer> master_;
  std::unique_ptr<RedisServer> replica_;
  std::vector<std::unique_ptr<RedisServer>> sentinels_;
  RedisOptions options_ = redis_options({});
};

TEST_F(RedisSentinelTest, GoesOnWithTheReplicaThatIsMadeTheMaster) {
  options_.wait_replicas = 1;
  RedisTree tree(options_);
  RedisTree other(options_);
  const auto first = tree.write({{"a", "1"}}, {});
  ASSERT_TRUE(first);
  EXPECT_FALSE(other.wait_for_changes(*first, 1ms, {}).has_gap);
  master_->kill();
  EXPECT_EQ(failure_of([&] { return tree.read_all({}); }).kind(),
            ErrorKind::kUnavailable);
  EXPECT_EQ(failure_of([&] {
              return other.wait_for_changes(*first, 60s, {});
            }).kind(),
            ErrorKind::kUnavailable);
  // One Sentinel less makes no difference.
  sentinels_[0]->kill();
  sentinels_[1]->wait_for_line("+switch-master");
  sentinels_[2]->wait_for_line("+switch-master");
  EXPECT_TRUE(other.wait_for_changes(*first, 60s, {}).has_gap);
  EXPECT_EQ(value_of(other.read_all({}), "a"), "1");
  const auto second = tree.write({{"a", "2"}}, {{"a", *first}});
  ASSERT_TRUE(second);
  EXPECT_GT(*second, *first);
}

TEST_F(RedisSentinelTest, SaysThatSentinelKnowsNoSuchMaster) {
  options_.sentinel_master = "other";
  const Error error =
      failure_of([&] { return RedisTree(options_).read_all({}); });
  EXPECT_EQ(error.kind(), ErrorKind::kPermanent);
  EXPECT_THAT(error.what(), HasSubstr("knows no master \"other\""));
}

}  // namespace
}  // namespace acme
