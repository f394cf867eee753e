// SPDX-License-Identifier: BSD-2-Clause
// Who is told: what logs and file names may say of it.
#include "acme_core/events/event_action.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

namespace acme {
namespace {

EventAction program(const std::string& path) {
  return {{EventKind::kRenewed}, EventProgramSpec{path}};
}

EventAction webhook(const std::string& url) {
  return {{EventKind::kRenewed}, WebhookSpec{url, {1, 2, 3}}};
}

TEST(EventAction, ShowsAProgramsPath) {
  EXPECT_EQ(shown_target(program("/usr/lib/reload")), "\"/usr/lib/reload\"");
}

TEST(EventAction, ShowsOfAUrlNoMoreThanItsHost) {
  EXPECT_EQ(shown_target(webhook("https://chat.example/T0/secret?token=x")),
            "\"https://chat.example/…\"");
  EXPECT_EQ(shown_target(webhook("https://chat.example?token=x")),
            "\"https://chat.example/…\"");
  EXPECT_EQ(shown_target(webhook("http://127.0.0.1:80")),
            "\"http://127.0.0.1:80\"");
}

TEST(EventAction, TellsTargetsApartWithoutNamingThem) {
  EXPECT_THAT(target_id(program("/a")), testing::MatchesRegex("[0-9a-f]{16}"));
  EXPECT_EQ(target_id(program("/a")), target_id(program("/a")));
  EXPECT_NE(target_id(program("/a")), target_id(program("/b")));
  EXPECT_NE(target_id(program("http://a/")), target_id(webhook("http://a/")));
  EXPECT_TRUE(have_same_target(webhook("http://a/"), webhook("http://a/")));
  EXPECT_FALSE(have_same_target(webhook("http://a/"), program("http://a/")));
}

TEST(EventAction, ForgetsWhatIsSecret) {
  std::deque<EventAction> actions{program("/a"), webhook("https://a/secret")};
  wipe_secrets(actions);
  EXPECT_EQ(std::get<EventProgramSpec>(actions[0].target).path, "/a");
  EXPECT_EQ(std::get<WebhookSpec>(actions[1].target).url, "");
  EXPECT_TRUE(std::get<WebhookSpec>(actions[1].target).secret.empty());
}

}  // namespace
}  // namespace acme
