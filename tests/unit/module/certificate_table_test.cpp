// SPDX-License-Identifier: BSD-2-Clause
#include "ngx_module/shared/certificate_table.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdint>
#include <cstring>
#include <limits>
#include <string>
#include <vector>

#include "acme_core/error.h"
#include "tests/unit/module/slab_double.h"

namespace ngx_acme {
namespace {

using Bytes = std::vector<std::uint8_t>;

Bytes bytes(const std::string& text) { return {text.begin(), text.end()}; }

class CertificatesInSharedMemory : public testing::Test {
 protected:
  CertificatesInSharedMemory()
      : memory_(CertificateTable::size_for(kSlots), std::byte{0}) {}
  ~CertificatesInSharedMemory() override {
    allow_slab_allocations(std::numeric_limits<std::size_t>::max());
  }

  void put(std::size_t index, const std::vector<Bytes>& chain,
           const Bytes& key = bytes("key")) {
    table().put_locked(nullptr, index, pack(chain, key), "a certificate",
                       "enlarge it");
  }

  [[nodiscard]] CopiedPair get(std::size_t index) {
    return table().copy_locked(index).value();
  }

  [[nodiscard]] CertificateTable& table() {
    return *reinterpret_cast<CertificateTable*>(memory_.data());
  }

  static constexpr std::size_t kSlots = 4;
  const std::size_t before_ = slab_allocations();
  const Bytes intermediate_ = bytes("the intermediate");

 private:
  std::vector<std::byte> memory_;
};

TEST_F(CertificatesInSharedMemory, AreEmptyAtFirst) {
  EXPECT_FALSE(table().copy_locked(0));
  EXPECT_EQ(table().generation(0), 0U);
}

TEST_F(CertificatesInSharedMemory, ComeBackAsTheyWerePut) {
  put(1, {bytes("leaf"), intermediate_, bytes("root")}, bytes("secret"));
  const CopiedPair pair = get(1);
  EXPECT_THAT(pair.chain, testing::ElementsAre(bytes("leaf"), intermediate_,
                                               bytes("root")));
  EXPECT_THAT(pair.key, testing::ElementsAreArray(bytes("secret")));
  EXPECT_EQ(pair.generation, table().generation(1));
}

TEST_F(CertificatesInSharedMemory, NeedNoIntermediate) {
  put(0, {bytes("leaf")});
  EXPECT_THAT(get(0).chain, testing::ElementsAre(bytes("leaf")));
}

TEST_F(CertificatesInSharedMemory, MoveTheirGenerationWithEveryNewPair) {
  put(0, {bytes("first")});
  const std::uint64_t first = table().generation(0);
  put(0, {bytes("second")});
  EXPECT_GT(table().generation(0), first);
  EXPECT_EQ(table().generation(1), 0U);
}

TEST_F(CertificatesInSharedMemory, ShareTheirIntermediates) {
  put(0, {bytes("one"), intermediate_});
  put(1, {bytes("two"), intermediate_});
  put(2, {bytes("three"), bytes("another")});
  EXPECT_EQ(slab_allocations() - before_, 3U + 2U);
}

TEST_F(CertificatesInSharedMemory, FreeWhatNobodyUsesAnyMore) {
  put(0, {bytes("one"), intermediate_});
  put(1, {bytes("two"), intermediate_});
  put(0, {bytes("newer"), bytes("another")});
  EXPECT_THAT(get(1).chain.back(), intermediate_);
  put(1, {bytes("newer"), bytes("another")});
  EXPECT_EQ(slab_allocations() - before_, 2U + 1U);
}

TEST_F(CertificatesInSharedMemory, StayWhenThereIsNoRoomForANewOne) {
  put(0, {bytes("old"), intermediate_});
  const std::uint64_t generation = table().generation(0);
  for (const std::size_t allowed : {0, 1}) {
    allow_slab_allocations(allowed);
    try {
      put(0, {bytes("new"), bytes("another")});
      ADD_FAILURE() << "there was room";
    } catch (const acme::Error& error) {
      EXPECT_STREQ(error.what(),
                   "no room for a certificate in shared memory; enlarge it");
    }
    EXPECT_THAT(get(0).chain,
                testing::ElementsAre(bytes("old"), intermediate_));
    EXPECT_EQ(table().generation(0), generation);
    EXPECT_EQ(slab_allocations() - before_, 2U);
  }
}

class StaplesInSharedMemory : public CertificatesInSharedMemory {
 protected:
  bool put_staple(std::size_t index, const std::string& leaf,
                  const std::string& response, std::int64_t until = 1'000) {
    return table().put_staple_locked(nullptr, index, bytes(leaf),
                                     {0, 0, until, bytes(response)}, "a staple",
                                     "enlarge it");
  }
};

TEST_F(StaplesInSharedMemory, AreEmptyAtFirst) {
  put(0, {bytes("leaf")});
  EXPECT_TRUE(table().copy_staple_locked(0).response.empty());
  EXPECT_EQ(table().staple_generation(0), 0U);
}

TEST_F(StaplesInSharedMemory, ComeBackWithThePairThatTheyAreAbout) {
  put(1, {bytes("leaf")});
  const std::uint64_t pair = table().generation(1);
  ASSERT_TRUE(put_staple(1, "leaf", "good"));
  const CopiedStaple staple = table().copy_staple_locked(1);
  EXPECT_EQ(staple.response, bytes("good"));
  EXPECT_EQ(staple.valid_until, 1'000);
  EXPECT_EQ(staple.pair, pair);
  EXPECT_EQ(staple.generation, table().staple_generation(1));
  EXPECT_EQ(table().generation(1), pair) << "the pair is the same";
  EXPECT_TRUE(table().copy_staple_locked(0).response.empty());
}

TEST_F(StaplesInSharedMemory, AreReplacedAndFreed) {
  put(0, {bytes("leaf")});
  ASSERT_TRUE(put_staple(0, "leaf", "first"));
  const std::uint64_t first = table().staple_generation(0);
  const std::size_t allocations = slab_allocations();
  ASSERT_TRUE(put_staple(0, "leaf", "second", 2'000));
  EXPECT_EQ(slab_allocations(), allocations);
  EXPECT_GT(table().staple_generation(0), first);
  EXPECT_EQ(table().copy_staple_locked(0).response, bytes("second"));
}

TEST_F(StaplesInSharedMemory, AreOfNoOtherPair) {
  EXPECT_FALSE(put_staple(0, "leaf", "good")) << "there is no pair";
  put(0, {bytes("leaf")});
  EXPECT_FALSE(put_staple(0, "other", "good"));
  EXPECT_FALSE(put_staple(0, "lea", "good"));
  EXPECT_TRUE(table().copy_staple_locked(0).response.empty());
  EXPECT_EQ(table().staple_generation(0), 0U);
}

TEST_F(StaplesInSharedMemory, GoWithTheirPair) {
  put(0, {bytes("leaf")});
  const std::size_t without = slab_allocations();
  ASSERT_TRUE(put_staple(0, "leaf", "good"));
  const std::uint64_t before = table().staple_generation(0);
  put(0, {bytes("newer")});
  EXPECT_EQ(slab_allocations(), without);
  EXPECT_GT(table().staple_generation(0), before);
  EXPECT_TRUE(table().copy_staple_locked(0).response.empty());
}

TEST_F(StaplesInSharedMemory, StayWhenThereIsNoRoomForANewOne) {
  put(0, {bytes("leaf")});
  ASSERT_TRUE(put_staple(0, "leaf", "old"));
  allow_slab_allocations(0);
  EXPECT_THROW(put_staple(0, "leaf", "new"), acme::Error);
  EXPECT_EQ(table().copy_staple_locked(0).response, bytes("old"));
}

}  // namespace
}  // namespace ngx_acme
