// SPDX-License-Identifier: BSD-2-Clause
// Stopping, and several threads with one account.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>
#include <string>
#include <thread>
#include <vector>

#include "tests/unit/protocol/client_fixture.h"

namespace acme {
namespace {

using testing::Each;

TEST_F(ClientTest, StopsWhereverItIs) {
  std::stop_source stop;
  stop.request_stop();
  EXPECT_EQ(failure_of([&] {
              static_cast<void>(client_.directory(stop.get_token()));
            }).kind(),
            ErrorKind::kStopped);
  static_cast<void>(client_.directory({}));
  // At the nonce.
  EXPECT_EQ(
      failure_of([&] { client_.new_account({}, stop.get_token()); }).kind(),
      ErrorKind::kStopped);
  EXPECT_EQ(ca_.count(Resource::kNonce), 0U);
  client_.new_account({}, {});
  EXPECT_EQ(failure_of([&] {
              static_cast<void>(client_.new_order({names_}, stop.get_token()));
            }).kind(),
            ErrorKind::kStopped);
  EXPECT_EQ(ca_.count(Resource::kNewOrder), 0U);
}

TEST_F(ClientTest, StopsBetweenRepetitions) {
  client_.new_account({}, {});
  std::stop_source stop;
  ca_.fail_always(Resource::kNewOrder, [&](const HttpRequest& request) {
    stop.request_stop();
    return ScriptedCa::problem(400, "badNonce", "too old")(request);
  });
  EXPECT_EQ(failure_of([&] {
              static_cast<void>(client_.new_order({names_}, stop.get_token()));
            }).kind(),
            ErrorKind::kStopped);
  EXPECT_EQ(ca_.count(Resource::kNewOrder), 1U);
}

TEST_F(ClientTest, ServesSeveralThreadsWithOneAccount) {
  client_.new_account({}, {});
  std::vector<std::string> urls(4);
  {
    std::vector<std::jthread> threads;
    for (std::string& url : urls) {
      threads.emplace_back([this, &url] {
        for (int i = 0; i < 5; ++i) {
          url = client_.new_order({names_}, {}).resource.url;
          EXPECT_EQ(client_.fetch_order(url, {}).resource.url, url);
        }
      });
    }
  }
  EXPECT_EQ(std::set<std::string>(urls.begin(), urls.end()).size(), 4U);
  EXPECT_EQ(ca_.count(Resource::kNewOrder), 20U);
  std::vector<int> statuses;
  for (const Wire::Exchange& exchange : wire_.exchanges()) {
    statuses.push_back(exchange.response.status);
  }
  EXPECT_THAT(statuses, Each(testing::AnyOf(200, 201)));
}

}  // namespace
}  // namespace acme
