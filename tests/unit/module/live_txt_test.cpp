// SPDX-License-Identifier: BSD-2-Clause
#include "ngx_module/shared/live_txt.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <limits>
#include <string>

#include "acme_core/error.h"
#include "ngx_module/nginx/steady_seconds.h"
#include "tests/unit/module/slab_double.h"

namespace ngx_acme {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::UnorderedElementsAre;

constexpr const char* kName = "_acme-challenge.example.com";
// An answer stays that long after it was removed, or was put and forgotten.
constexpr std::int64_t kGrace = 60;
constexpr std::int64_t kLongestLife = 3600;

class TxtInSharedMemory : public testing::Test {
 protected:
  ~TxtInSharedMemory() override {
    allow_slab_allocations(std::numeric_limits<std::size_t>::max());
  }

  void put(std::string_view name, std::string_view value) {
    table_.put_locked(nullptr, name, value);
  }
  void remove(std::string_view name, std::string_view value) {
    table_.remove_locked(name, value);
  }
  [[nodiscard]] acme::DnsZones::Node find(std::string_view name,
                                          std::int64_t later = 0) const {
    return table_.find_locked(name, steady_seconds() + later);
  }

  LiveTxt table_{};
};

TEST_F(TxtInSharedMemory, IsEmptyAtFirst) {
  EXPECT_TRUE(table_.empty());
  EXPECT_FALSE(find(kName).exists);
}

TEST_F(TxtInSharedMemory, HasAllValuesOfAName) {
  put(kName, "of the apex");
  put(kName, "of the wildcard");
  EXPECT_FALSE(table_.empty());
  EXPECT_THAT(find(kName).txt,
              UnorderedElementsAre("of the apex", "of the wildcard"));
}

TEST_F(TxtInSharedMemory, LosesOneValueAndKeepsTheOther) {
  put(kName, "one");
  put(kName, "two");
  remove(kName, "one");
  EXPECT_THAT(find(kName, kGrace + 1).txt, ElementsAre("two"));
  EXPECT_THAT(find(kName, kGrace - 5).txt, testing::SizeIs(2));
}

TEST_F(TxtInSharedMemory, KeepsAValueThatAnotherOrderWants) {
  put(kName, "shared");
  put(kName, "shared");
  EXPECT_THAT(find(kName).txt, ElementsAre("shared"));
  remove(kName, "shared");
  EXPECT_THAT(find(kName, kGrace + 1).txt, ElementsAre("shared"));
  remove(kName, "shared");
  EXPECT_THAT(find(kName, kGrace + 1).txt, IsEmpty());
}

TEST_F(TxtInSharedMemory, ForgetsWhatNobodyRemoved) {
  put(kName, "left behind");
  EXPECT_FALSE(find(kName, kLongestLife + 1).exists);
}

TEST_F(TxtInSharedMemory, KnowsTheNamesAboveOneWithAValue) {
  put("a.b.acme.example.net", "value");
  for (const char* name : {"b.acme.example.net", "acme.example.net", "net"}) {
    EXPECT_TRUE(find(name).exists) << name;
    EXPECT_THAT(find(name).txt, IsEmpty());
  }
  EXPECT_FALSE(find("c.acme.example.net").exists);
  EXPECT_FALSE(find("").exists);
  remove("a.b.acme.example.net", "value");
  EXPECT_FALSE(find("b.acme.example.net", kGrace + 1).exists);
}

TEST_F(TxtInSharedMemory, KeepsANameAboveWhileAnythingIsBelowIt) {
  put("a.acme.example.net", "one");
  put("b.acme.example.net", "two");
  remove("a.acme.example.net", "one");
  EXPECT_TRUE(find("acme.example.net", kGrace + 1).exists);
}

TEST_F(TxtInSharedMemory, RemovesNothingElse) {
  put(kName, "one");
  remove(kName, "another");
  remove("other.example.com", "one");
  EXPECT_THAT(find(kName, kGrace + 1).txt, ElementsAre("one"));
}

TEST_F(TxtInSharedMemory, ChangesNothingWhenItIsFull) {
  put("other.example.com", "value");
  for (std::size_t room = 0; room < 2; ++room) {
    allow_slab_allocations(room);
    EXPECT_THROW(put("www.new.example.com", "value"), acme::Error);
    allow_slab_allocations(std::numeric_limits<std::size_t>::max());
    EXPECT_FALSE(find("www.new.example.com", kGrace + 1).exists);
    EXPECT_FALSE(find("new.example.com", kGrace + 1).exists);
    EXPECT_TRUE(find("example.com", kGrace + 1).exists);
  }
  remove("other.example.com", "value");
  EXPECT_FALSE(find("example.com", kGrace + 1).exists);
}

TEST_F(TxtInSharedMemory, AnswersNoMoreValuesThanTheDnsCarries) {
  for (std::size_t i = 0; i < LiveTxt::kMostValues + 10; ++i) {
    put(kName, std::to_string(i));
  }
  const auto values = find(kName).txt;
  EXPECT_EQ(values.size(), LiveTxt::kMostValues);
}

TEST_F(TxtInSharedMemory, TakesNoEmptyValue) {
  EXPECT_THROW(put(kName, ""), acme::Error);
}

}  // namespace
}  // namespace ngx_acme
