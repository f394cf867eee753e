// SPDX-License-Identifier: BSD-2-Clause
// An event that waits: what is sent, and how its file is called.
#include "acme_core/events/queued_event.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <string>

#include "tests/unit/events/event_fixture.h"

namespace acme {
namespace {

const QueuedEventName kName{"00112233445566ff", kNewYear, "0123456789abcdef"};

TEST(QueuedEvent, IsTheEventWithAnId) {
  const std::string body = write_queued_event("0123456789abcdef", renewed());
  const auto document = nlohmann::json::parse(body);
  EXPECT_EQ(document["id"], "0123456789abcdef");
  EXPECT_EQ(document["event"], "renewed");
  EXPECT_EQ(document["identifiers"][1], "example.org");
  EXPECT_EQ(read_event(body)->certificate, "www.example.com");
}

TEST(QueuedEvent, SortsByTimeAmongThoseOfItsTarget) {
  QueuedEventName later = kName;
  later.queued_at += std::chrono::milliseconds(1);
  later.id = "0000000000000000";
  EXPECT_LT(kName.file(), later.file());
}

TEST(QueuedEvent, IsFoundByTheNameOfItsFile) {
  EXPECT_EQ(kName.file(),
            "00112233445566ff-1767225600000-0123456789abcdef.json");
  const auto read = parse_queued_event_name(kName.file());
  ASSERT_TRUE(read);
  EXPECT_EQ(read->target, kName.target);
  EXPECT_EQ(read->queued_at, kName.queued_at);
  EXPECT_EQ(read->id, kName.id);
}

TEST(QueuedEvent, LeavesOtherFilesAlone) {
  const std::string good = kName.file();
  for (const std::string& name :
       {std::string(), std::string("failed.json"), good + "x",
        "x" + good.substr(1), good.substr(1),
        good.substr(0, 20) + "x" + good.substr(21),
        good.substr(0, 17) + "-767225600000" + good.substr(30)}) {
    EXPECT_FALSE(parse_queued_event_name(name)) << name;
  }
}

}  // namespace
}  // namespace acme
