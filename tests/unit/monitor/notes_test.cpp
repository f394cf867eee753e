// SPDX-License-Identifier: BSD-2-Clause
// Notes, events and commands as documents.
#include "acme_core/monitor/notes.h"

#include <gtest/gtest.h>

#include <chrono>
#include <string>

#include "acme_core/monitor/command.h"
#include "acme_core/monitor/event.h"

namespace acme {
namespace {

const TimePoint kNow = parse_rfc3339("2026-11-28T12:00:00Z").value();

TEST(CertificateNote, IsReadAsItWasWritten) {
  CertificateNote note;
  note.record.issuer = "letsencrypt";
  note.record.add({kNow, "letsencrypt", false, "no such host"});
  note.order = {.issuer = "letsencrypt",
                .url = "https://ca.example/order/1",
                .step = "authorizing",
                .since = kNow};
  note.renew_at = kNow + std::chrono::hours(24);
  note.renew_why = "suggested by the CA";
  note.next_attempt = kNow + std::chrono::minutes(1);
  note.is_saved = false;
  const CertificateNote read = read_certificate_note(write_note(note));
  EXPECT_EQ(read.record.issuer, "letsencrypt");
  ASSERT_NE(read.record.last_error(), nullptr);
  EXPECT_EQ(read.record.last_error()->message, "no such host");
  ASSERT_TRUE(read.order.has_value());
  EXPECT_EQ(read.order->step, "authorizing");
  EXPECT_EQ(read.order->since, kNow);
  EXPECT_EQ(read.renew_at, note.renew_at);
  EXPECT_EQ(read.renew_why, note.renew_why);
  EXPECT_EQ(read.next_attempt, note.next_attempt);
  EXPECT_FALSE(read.is_saved);
}

TEST(CertificateNote, KeepsTheLastErrorWholeWhenThereIsLittleRoom) {
  CertificateNote note;
  for (int i = 0; i < 10; ++i) {
    note.record.add({kNow, "ca", false, std::string(1000, "abcdefghij"[i])});
    note.record.left_out["host" + std::to_string(i) + ".example"] =
        std::string(500, 'x');
  }
  constexpr std::size_t kLimit = 4096;
  const std::string text = write_note(note, kLimit);
  EXPECT_LE(text.size(), kLimit);
  const CertificateNote read = read_certificate_note(text);
  ASSERT_NE(read.record.last_error(), nullptr);
  EXPECT_EQ(read.record.last_error()->message, std::string(1000, 'j'));
}

TEST(CertificateNote, OfNothingIsEmptyAndSaved) {
  const CertificateNote read = read_certificate_note("");
  EXPECT_TRUE(read.is_saved);
  EXPECT_FALSE(read.order.has_value());
  EXPECT_EQ(read_certificate_note("[]{\"saved\"").renew_why, "");
}

TEST(IssuerNote, LeavesOutOrphansThatHaveNoRoom) {
  IssuerNote note;
  note.account_url = "https://ca.example/acct/1";
  note.limits = {
      {.name = "orders", .limit = 270, .used = 3, .period_seconds = 10800}};
  for (int i = 0; i < 1000; ++i) {
    note.orphans.push_back({.storage_name = "name-" + std::to_string(i),
                            .identifiers = {"www.example.com"},
                            .serial = "01",
                            .not_before = "2026-01-01T00:00:00Z",
                            .not_after = "2026-04-01T00:00:00Z",
                            .unused_since = std::nullopt});
  }
  constexpr std::size_t kLimit = 16384;
  const std::string text = write_note(note, kLimit);
  EXPECT_LE(text.size(), kLimit);
  const IssuerNote read = read_issuer_note(text);
  EXPECT_GT(read.orphans.size(), 50U);
  EXPECT_EQ(read.orphans.front().storage_name, "name-0");
  ASSERT_EQ(read.limits.size(), 1U);
  EXPECT_EQ(read.limits.front().limit, 270U);
  EXPECT_EQ(read.account_url, note.account_url);
}

TEST(Event, IsReadAsItWasWritten) {
  const Event event{.kind = EventKind::kAriMoved,
                    .at = kNow,
                    .issuer = "ca",
                    .certificate = "www.example.com",
                    .storage_name = "www.example.com-1",
                    .identifiers = {"www.example.com", "example.com"},
                    .key = "ecdsa:256",
                    .serial = "0a",
                    .not_after = kNow,
                    .state_path = "/state",
                    .text = "line\nforged"};
  const auto read = read_event(write_event(event));
  ASSERT_TRUE(read.has_value());
  EXPECT_EQ(read->kind, EventKind::kAriMoved);
  EXPECT_EQ(read->identifiers, event.identifiers);
  EXPECT_EQ(read->text, "line?forged");
  EXPECT_FALSE(read_event("{\"event\": \"unheard of\"}").has_value());
}

TEST(Command, IsReadAsItWasWritten) {
  Command command;
  command.id = 7;
  command.verb = CommandVerb::kRevoke;
  command.certificate = "www.example.com-1";
  command.now = true;
  command.reason = 4;
  command.asked_by = "alice";
  command.asked_at = kNow;
  const auto read = read_command(write_command(command));
  ASSERT_TRUE(read.has_value());
  EXPECT_EQ(read->id, 7U);
  EXPECT_EQ(read->verb, CommandVerb::kRevoke);
  EXPECT_TRUE(read->now);
  EXPECT_EQ(read->reason, 4);
  EXPECT_EQ(read->asked_by, "alice");
  EXPECT_FALSE(read_command("{}").has_value());
}

}  // namespace
}  // namespace acme
