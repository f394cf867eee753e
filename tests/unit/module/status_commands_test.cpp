// SPDX-License-Identifier: BSD-2-Clause
#include "ngx_module/shared/status_commands.h"

#include <gtest/gtest.h>

#include <memory>

namespace ngx_acme {
namespace {

// No process has a number that large.
constexpr ProcessMark kDead{.pid = 5'000'000, .started = 1};

class CommandsInMemory : public testing::Test {
 protected:
  std::uint64_t ask() {
    acme::Command command;
    command.verb = acme::CommandVerb::kRenew;
    return commands_->add_locked(command).value();
  }
  std::optional<acme::Command> take(const ProcessMark& taker) {
    return commands_->take_locked(taker, [](std::uint64_t) { return true; });
  }

  const std::unique_ptr<StatusCommands> commands_ =
      std::make_unique<StatusCommands>();
};

TEST_F(CommandsInMemory, AreTakenOldestFirst) {
  const std::uint64_t first = ask();
  const std::uint64_t second = ask();
  EXPECT_EQ(take(own_mark())->id, first);
  EXPECT_EQ(take(own_mark())->id, second);
  EXPECT_FALSE(take(own_mark()));
}

TEST_F(CommandsInMemory, AreTakenAgainWhenTheirTakerHasEnded) {
  const std::uint64_t id = ask();
  ASSERT_TRUE(take(kDead));
  EXPECT_EQ(take(own_mark())->id, id);
}

TEST_F(CommandsInMemory, AreGivenUpWhenProcessAfterProcessEndsWithThem) {
  const std::uint64_t id = ask();
  for (std::uint32_t i = 0; i < StatusCommands::kMostDeaths; ++i) {
    ASSERT_TRUE(take({.pid = kDead.pid + i, .started = 1})) << i;
  }
  EXPECT_FALSE(take(own_mark()));
  const auto command = commands_->find_locked(id);
  EXPECT_EQ(command->state, acme::CommandState::kFailed);
  EXPECT_NE(command->result.find("given up"), std::string::npos);

  const std::uint64_t next = ask();
  EXPECT_EQ(take(own_mark())->id, next);
}

}  // namespace
}  // namespace ngx_acme
