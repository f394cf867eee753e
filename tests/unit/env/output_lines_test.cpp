// SPDX-License-Identifier: BSD-2-Clause
// Foreign output as lines for the log.
#include "acme_core/env/output_lines.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

namespace acme {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::SizeIs;

TEST(OutputLines, JoinsPiecesAndSplitsLines) {
  OutputLines lines;
  lines.add("addi");
  lines.add("ng\nadded\r\n\n\ndo");
  lines.add("ne");
  EXPECT_THAT(lines.take(), ElementsAre("adding", "added", "done"));
  EXPECT_THAT(lines.take(), IsEmpty());
}

TEST(OutputLines, HasNoControlCharacters) {
  OutputLines lines;
  lines.add("\x1b[31mred\tand \xff\n");
  EXPECT_THAT(lines.take(), ElementsAre("?[31mred and ?"));
}

TEST(OutputLines, CutsLongLines) {
  OutputLines lines;
  for (int i = 0; i < 100; ++i) {
    lines.add(std::string(100, 'x'));
  }
  lines.add("\nshort\n");
  EXPECT_THAT(lines.take(),
              ElementsAre(std::string(OutputLines::kLongestLine, 'x') + "...",
                          "short"));
}

TEST(OutputLines, KeepsTheFirstAndTheLastOfMany) {
  OutputLines lines;
  for (int i = 1; i <= 1000; ++i) {
    lines.add(std::to_string(i) + "\n");
  }
  const auto kept = lines.take();
  ASSERT_THAT(kept,
              SizeIs(OutputLines::kFirstLines + 1 + OutputLines::kLastLines));
  EXPECT_EQ(kept.front(), "1");
  EXPECT_EQ(kept[OutputLines::kFirstLines], "(900 lines are left out)");
  EXPECT_EQ(kept.back(), "1000");
}

}  // namespace
}  // namespace acme
