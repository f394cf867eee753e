// SPDX-License-Identifier: BSD-2-Clause
// Tables fit the terminal, whatever is in them.
#include "acmectl/table.h"

#include <gmock/gmock.h>

#include <clocale>
#include <string>

#include "acmectl/text_width.h"

namespace acmectl {
namespace {

using testing::Each;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;
using testing::ResultOf;

class TableTest : public testing::Test {
 protected:
  TableTest() { std::setlocale(LC_CTYPE, "C.UTF-8"); }

  static Table two_columns() { return Table({{"NAME", 8}, {"STATE"}}); }
};

TEST_F(TableTest, ColumnsAreAsWideAsWhatIsInThem) {
  Table table = two_columns();
  table.add({{"a.example"}, {"valid"}});
  table.add({{"longer.example"}, {"failing"}});
  EXPECT_THAT(table.lines(80, false),
              ElementsAre("NAME            STATE",  //
                          "a.example       valid",  //
                          "longer.example  failing"));
}

TEST_F(TableTest, WhatMayBeCutGivesWay) {
  Table table = two_columns();
  table.add({{"a-long-name.example"}, {"valid"}});
  EXPECT_THAT(table.lines(17, false), ElementsAre("NAME        STATE",  //
                                                  "a-long-na…  valid"));
}

TEST_F(TableTest, AColumnGoesBeforeAnotherIsCutBelowItsLeast) {
  Table table({{"NAME", 8}, {"STATE"}, {"KEY", std::nullopt, 1}});
  table.add({{"a-name.example"}, {"valid"}, {"ecdsa:256"}});
  EXPECT_THAT(table.lines(18, false), ElementsAre("NAME         STATE",  //
                                                  "a-name.exa…  valid"));
}

TEST_F(TableTest, TheMostExpendableGoesFirst) {
  Table table({{"A"}, {"B", std::nullopt, 1}, {"C", std::nullopt, 2}});
  table.add({{"aaaa"}, {"bbbb"}, {"cccc"}});
  EXPECT_THAT(table.lines(12, false), ElementsAre("A     B", "aaaa  bbbb"));
}

TEST_F(TableTest, NoLineIsWiderThanATerminalOfAnySize) {
  Table table = two_columns();
  table.add({{"日本語.example"}, {"valid"}});
  table.add({{std::string(300, 'x')}, {"renewing"}});
  for (std::size_t width = 5; width < 120; ++width) {
    EXPECT_THAT(table.lines(width, false),
                Each(ResultOf([](const auto& line) { return text_width(line); },
                              testing::Le(width))));
  }
}

TEST_F(TableTest, WideCharactersTakeTwoColumns) {
  Table table = two_columns();
  table.add({{"日本語"}, {"valid"}});
  table.add({{"latin"}, {"valid"}});
  EXPECT_THAT(table.lines(80, false), ElementsAre("NAME    STATE",  //
                                                  "日本語  valid",  //
                                                  "latin   valid"));
}

TEST_F(TableTest, ColoursTakeNoRoomAndAreForTerminals) {
  Table table = two_columns();
  table.add({{"a.example"}, {"valid", Colour::kGreen}});
  EXPECT_EQ(table.lines(80, true).at(1), "a.example  \033[32mvalid\033[0m");
  EXPECT_THAT(table.lines(80, false), Each(Not(HasSubstr("\033"))));
}

TEST_F(TableTest, AnEmptyCellLeavesItsRoom) {
  Table table({{"A"}, {"B"}, {"C"}});
  table.add({{"a"}, {""}, {"c"}});
  EXPECT_EQ(table.lines(80, false).at(1), "a     c");
}

TEST_F(TableTest, WithoutAWidthNothingIsCut) {
  Table table = two_columns();
  table.add({{std::string(300, 'x')}, {"valid"}});
  EXPECT_THAT(table.lines(std::nullopt, false).at(1),
              HasSubstr(std::string(300, 'x')));
}

TEST_F(TableTest, TextsAreCutBetweenCharacters) {
  EXPECT_EQ(fitted("bücher", 3), "bü…");
  EXPECT_EQ(fitted("日本語", 4), "日…");
  EXPECT_EQ(fitted("日本語", 6), "日本語");
  EXPECT_EQ(fitted("abc", 0), "");
  EXPECT_EQ(fitted("e\u0301te\u0301", 3), "e\u0301te\u0301");
}

TEST_F(TableTest, TextsAreBrokenAtSpaces) {
  EXPECT_THAT(wrapped("the CA is not reachable now", 11),
              ElementsAre("the CA is", "not", "reachable", "now"));
  EXPECT_THAT(wrapped("a verylongword b", 5),
              ElementsAre("a", "veryl", "ongwo", "rd b"));
  EXPECT_THAT(wrapped("", 10), ElementsAre(""));
  EXPECT_THAT(wrapped("日", 1), ElementsAre("日"));
}

}  // namespace
}  // namespace acmectl
