// SPDX-License-Identifier: BSD-2-Clause
#include "acme_core/fleet/tree_value.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "acme_core/storage/state_file.h"

namespace acme {
namespace {

using testing::HasSubstr;
using testing::Not;

const std::string kPath = "le/www.example.org-1.key";
const std::string kText = "-----BEGIN SECRET-----\n\0\xff";

SealingKeys keys_of(std::vector<std::uint8_t> bytes) {
  SealingKeys keys;
  for (const std::uint8_t byte : bytes) {
    keys.keys.emplace_back(kSealingKeySize, byte);
  }
  return keys;
}

TEST(TreeValue, ComesBackAsItWas) {
  for (const SealingKeys& keys : {keys_of({1}), keys_of({})}) {
    const auto found = read_tree_value(
        keys, kPath, write_tree_value(keys, kPath, 7, to_bytes(kText), "0a"));
    ASSERT_TRUE(found.value) << found.fault;
    EXPECT_EQ(found.value->sequence, 7u);
    EXPECT_EQ(found.value->serial, "0a");
    EXPECT_EQ(to_text(found.value->data), kText);
  }
}

TEST(TreeValue, CannotBeReadWithoutTheKey) {
  const std::string value =
      write_tree_value(keys_of({1}), kPath, 7, to_bytes(kText));
  EXPECT_THAT(value, Not(HasSubstr("SECRET")));
  EXPECT_THAT(read_tree_value(keys_of({2}), kPath, value).fault,
              HasSubstr("name its file with \"key=\""));
  EXPECT_FALSE(read_tree_value(keys_of({}), kPath, value).value);
}

TEST(TreeValue, OpensWithTheSecondKeyToo) {
  const std::string value =
      write_tree_value(keys_of({1}), kPath, 7, to_bytes(kText));
  EXPECT_TRUE(read_tree_value(keys_of({2, 1}), kPath, value).value);
}

TEST(TreeValue, IsBoundToItsNameAndItsNumber) {
  const SealingKeys keys = keys_of({1});
  std::string value = write_tree_value(keys, kPath, 7, to_bytes(kText));
  EXPECT_FALSE(read_tree_value(keys, "le/other.key", value).value);
  EXPECT_FALSE(
      read_tree_value(keys, "zerossl/www.example.org-1.key", value).value);
  value.replace(value.find(" 7 "), 3, " 8 ");
  EXPECT_FALSE(read_tree_value(keys, kPath, value).value);
}

TEST(TreeValue, IsNotTakenInTheOpenByWhoeverHasAKey) {
  const std::string value =
      write_tree_value(keys_of({}), kPath, 1, to_bytes("forged"));
  EXPECT_THAT(read_tree_value(keys_of({1}), kPath, value).fault,
              HasSubstr("is not encrypted"));
}

TEST(TreeValue, IsRefusedWhereverItIsCutOrChanged) {
  const SealingKeys keys = keys_of({1});
  const std::string value = write_tree_value(keys, kPath, 7, to_bytes(kText));
  // The line's end may be missing: the tag says that nothing else is.
  for (std::size_t size = 0; size + 1 < value.size(); ++size) {
    EXPECT_FALSE(read_tree_value(keys, kPath, value.substr(0, size)).value)
        << size;
  }
  for (std::size_t at = 0; at + 1 < value.size(); ++at) {
    std::string changed = value;
    changed[at] = changed[at] == 'A' ? 'B' : 'A';
    EXPECT_FALSE(read_tree_value(keys, kPath, changed).value) << at;
  }
}

TEST(TreeValue, OfALaterVersionIsLeftAlone) {
  EXPECT_THAT(
      read_tree_value(keys_of({1}), kPath, "ngx-acme-fleet 2 7 sealed\nx")
          .fault,
      HasSubstr("this version does not know"));
}

}  // namespace
}  // namespace acme
