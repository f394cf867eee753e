// SPDX-License-Identifier: BSD-2-Clause
#include "acme_core/protocol/nonce_pool.h"

#include <gtest/gtest.h>

#include <set>
#include <string>
#include <thread>
#include <vector>

namespace acme {
namespace {

TEST(NoncePool, HasNothingToGiveAtFirst) {
  EXPECT_EQ(NoncePool().take(), std::nullopt);
}

TEST(NoncePool, GivesEachNonceOnceAndTheYoungestFirst) {
  NoncePool pool;
  pool.put("first");
  pool.put("second");
  EXPECT_EQ(pool.take(), "second");
  pool.put("third");
  EXPECT_EQ(pool.take(), "third");
  EXPECT_EQ(pool.take(), "first");
  EXPECT_EQ(pool.take(), std::nullopt);
}

TEST(NoncePool, ForgetsTheOldestBeyond64) {
  NoncePool pool;
  for (int i = 0; i < 100; ++i) {
    pool.put("n" + std::to_string(i));
  }
  for (int i = 99; i >= 36; --i) {
    EXPECT_EQ(pool.take(), "n" + std::to_string(i));
  }
  EXPECT_EQ(pool.take(), std::nullopt);
}

TEST(NoncePool, DropsWhatIsNoNonce) {
  NoncePool pool;
  for (const std::string& text :
       {std::string(), std::string("a b"), std::string("a+b"),
        std::string("a/b"), std::string("YQ=="), std::string("a\nb"),
        std::string("a\0b", 3), std::string("\xc3\xa9"), std::string("a\"b"),
        std::string(257, 'x')}) {
    pool.put(text);
    EXPECT_EQ(pool.take(), std::nullopt) << text;
  }
}

TEST(NoncePool, TakesEveryCharacterOfBase64urlUpToTheLongest) {
  NoncePool pool;
  const std::string all =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
  pool.put(all);
  EXPECT_EQ(pool.take(), all);
  pool.put(std::string(256, 'x'));
  EXPECT_EQ(pool.take(), std::string(256, 'x'));
}

TEST(NoncePool, IsEmptyWhenCleared) {
  NoncePool pool;
  pool.put("old");
  pool.clear();
  EXPECT_EQ(pool.take(), std::nullopt);
  pool.put("new");
  EXPECT_EQ(pool.take(), "new");
}

TEST(NoncePool, NeverGivesANonceToTwoThreads) {
  NoncePool pool;
  constexpr std::size_t kThreads = 4;
  constexpr std::size_t kNonces = 15;  // all of them fit
  std::vector<std::vector<std::string>> taken(kThreads);
  {
    std::vector<std::jthread> threads;
    for (std::size_t thread = 0; thread < kThreads; ++thread) {
      threads.emplace_back([&, thread] {
        for (std::size_t i = 0; i < kNonces; ++i) {
          pool.put(std::to_string(thread) + "-" + std::to_string(i));
          if (auto nonce = pool.take()) {
            taken[thread].push_back(*nonce);
          }
        }
      });
    }
  }
  std::multiset<std::string> all;
  for (const auto& nonces : taken) {
    all.insert(nonces.begin(), nonces.end());
  }
  EXPECT_EQ(all.size(), kThreads * kNonces);
  EXPECT_EQ(std::set<std::string>(all.begin(), all.end()).size(), all.size());
}

}  // namespace
}  // namespace acme
