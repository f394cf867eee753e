// SPDX-License-Identifier: BSD-2-Clause
// What the endpoint says is read back as it was meant, and nothing else is.
#include "acme_core/status/read_answer.h"

#include <gmock/gmock.h>

#include <memory>
#include <string>

#include "acme_core/status/answer.h"

namespace acme {
namespace {

using std::chrono::days;
using testing::ElementsAre;
using testing::Eq;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;
using testing::Optional;
using testing::Pair;
using testing::SizeIs;

constexpr TimePoint kNow =
    std::chrono::sys_days(std::chrono::year(2026) / std::chrono::March / 1);

// With a value in every member.
CertificateStatus full_certificate() {
  CertificateStatus status;
  status.id = "a.example";
  status.name = "a.example";
  status.names = {"a.example", "b.example"};
  status.servers = {{"/etc/nginx/a.conf", 7}};
  status.issuer = "letsencrypt";
  status.issuers = {"letsencrypt", "zerossl"};
  status.key = "ecdsa:256";
  status.profile = "shortlived";
  status.proved_by = {{"a.example", "http-01"}};
  status.left_out = {{"c.example", "has no address"}};
  status.state = CertificateState::kFailing;
  status.reason = "the last order failed";
  status.cure = "look at its DNS";
  status.is_served = true;
  status.is_stand_in = true;
  status.serial = "0bad";
  status.fingerprint = "cafe";
  status.chain = {"R10"};
  status.not_before = kNow - days(30);
  status.not_after = kNow + days(60);
  status.renew_at = kNow + days(30);
  status.renew_why = "suggested by the CA";
  status.window = RenewalWindow{kNow + days(29), kNow + days(31),
                                kNow + days(30), "https://ca.example/why"};
  status.next_attempt = kNow + days(1);
  status.waiting = Waiting{"zerossl", "no answer"};
  status.failures = 3;
  status.last_error = "caa";
  status.history = {{kNow - days(1), "letsencrypt", false, "caa"}};
  status.order = OrderInFlight{"letsencrypt", "https://ca.example/order/1",
                               "finalizing", kNow};
  status.is_saved = false;
  status.generation = 9;
  status.workers = {{77, 9}, {78, 0}};
  return status;
}

std::string body_of(const StatusSnapshot& snapshot, std::string_view path,
                    std::string_view query = "") {
  StatusRequest request{};
  request.method = "GET";
  request.path = path;
  request.query = query;
  request.base = "/acme/";
  StatusAnswer given =
      answer(request, std::make_shared<const StatusSnapshot>(snapshot));
  std::string body;
  while (given.next && given.next(body)) {
  }
  return body;
}

void expect_same(const CertificateStatus& read,
                 const CertificateStatus& written) {
  EXPECT_EQ(read.id, written.id);
  EXPECT_EQ(read.name, written.name);
  EXPECT_EQ(read.names, written.names);
  ASSERT_THAT(read.servers, SizeIs(1));
  EXPECT_EQ(read.servers[0].file, written.servers[0].file);
  EXPECT_EQ(read.servers[0].line, written.servers[0].line);
  EXPECT_EQ(read.issuer, written.issuer);
  EXPECT_EQ(read.issuers, written.issuers);
  EXPECT_EQ(read.key, written.key);
  EXPECT_EQ(read.profile, written.profile);
  EXPECT_EQ(read.proved_by, written.proved_by);
  EXPECT_EQ(read.left_out, written.left_out);
  EXPECT_EQ(read.state, written.state);
  EXPECT_EQ(read.reason, written.reason);
  EXPECT_EQ(read.cure, written.cure);
  EXPECT_EQ(read.is_served, written.is_served);
  EXPECT_EQ(read.is_stand_in, written.is_stand_in);
  EXPECT_EQ(read.serial, written.serial);
  EXPECT_EQ(read.fingerprint, written.fingerprint);
  EXPECT_EQ(read.chain, written.chain);
  EXPECT_EQ(read.not_before, written.not_before);
  EXPECT_EQ(read.not_after, written.not_after);
  EXPECT_EQ(read.renew_at, written.renew_at);
  EXPECT_EQ(read.renew_why, written.renew_why);
  ASSERT_TRUE(read.window);
  EXPECT_EQ(read.window->start, written.window->start);
  EXPECT_EQ(read.window->end, written.window->end);
  EXPECT_EQ(read.window->renew_at, written.window->renew_at);
  EXPECT_EQ(read.window->explanation_url, written.window->explanation_url);
  EXPECT_EQ(read.next_attempt, written.next_attempt);
  EXPECT_EQ(read.waiting, written.waiting);
  EXPECT_EQ(read.failures, written.failures);
  EXPECT_EQ(read.last_error, written.last_error);
  ASSERT_THAT(read.history, SizeIs(1));
  EXPECT_EQ(read.history[0].at, written.history[0].at);
  EXPECT_EQ(read.history[0].message, written.history[0].message);
  ASSERT_TRUE(read.order);
  EXPECT_EQ(read.order->url, written.order->url);
  EXPECT_EQ(read.order->step, written.order->step);
  EXPECT_EQ(read.order->since, written.order->since);
  EXPECT_EQ(read.is_saved, written.is_saved);
  EXPECT_EQ(read.generation, written.generation);
  ASSERT_THAT(read.workers, SizeIs(2));
  EXPECT_EQ(read.workers[1].pid, written.workers[1].pid);
}

TEST(ReadAnswer, ACertificateIsReadAsItWasWritten) {
  StatusSnapshot snapshot;
  snapshot.certificates = {full_certificate()};
  const auto read =
      read_certificate_status(body_of(snapshot, "1/certificates/a.example"));
  ASSERT_TRUE(read);
  expect_same(*read, full_certificate());
}

TEST(ReadAnswer, PagesLeadToTheNext) {
  StatusSnapshot snapshot;
  snapshot.taken_at = kNow;
  for (const char* name : {"a", "b", "c"}) {
    snapshot.certificates.push_back(full_certificate());
    snapshot.certificates.back().id = name;
  }
  const auto first =
      read_certificates_answer(body_of(snapshot, "1/certificates", "limit=2"));
  ASSERT_TRUE(first);
  EXPECT_EQ(first->total, 3U);
  EXPECT_EQ(first->taken_at, kNow);
  EXPECT_THAT(first->certificates, SizeIs(2));
  ASSERT_THAT(first->next, testing::StartsWith("?"));
  const auto second = read_certificates_answer(
      body_of(snapshot, "1/certificates", first->next.substr(1)));
  ASSERT_TRUE(second);
  ASSERT_THAT(second->certificates, SizeIs(1));
  EXPECT_EQ(second->certificates[0].id, "c");
  EXPECT_EQ(second->next, "");
}

TEST(ReadAnswer, IssuersAndProcessAreReadAsTheyWereWritten) {
  StatusSnapshot snapshot;
  IssuerStatus issuer;
  issuer.name = "letsencrypt";
  issuer.directory_url = "https://ca.example/directory";
  issuer.state_path = "/var/lib/nginx/acme_letsencrypt";
  issuer.certificates = 4;
  issuer.note.account_url = "https://ca.example/acct/1";
  issuer.note.contacts = {"mailto:a@example.com"};
  issuer.note.is_reachable = false;
  issuer.note.paused_until = kNow;
  issuer.note.is_paused_by_operator = true;
  issuer.note.last_error = "no answer";
  issuer.note.limits = {{"new orders", 300, 2, 10800}};
  snapshot.issuers = {issuer};
  snapshot.process.version = "1.2";
  snapshot.process.is_helper_alive = true;
  snapshot.process.is_writable = true;
  snapshot.process.helper = {kNow, 55, -3};
  snapshot.process.zone_size = 1000;

  const auto issuers = read_issuers_answer(body_of(snapshot, "1/issuers"));
  ASSERT_TRUE(issuers);
  ASSERT_THAT(issuers->issuers, SizeIs(1));
  const IssuerStatus& read = issuers->issuers[0];
  EXPECT_EQ(read.directory_url, issuer.directory_url);
  EXPECT_EQ(read.state_path, issuer.state_path);
  EXPECT_EQ(read.certificates, 4U);
  EXPECT_EQ(read.note.account_url, issuer.note.account_url);
  EXPECT_EQ(read.note.contacts, issuer.note.contacts);
  EXPECT_FALSE(read.note.is_reachable);
  EXPECT_EQ(read.note.paused_until, kNow);
  EXPECT_TRUE(read.note.is_paused_by_operator);
  EXPECT_EQ(read.note.last_error, "no answer");
  ASSERT_THAT(read.note.limits, SizeIs(1));
  EXPECT_EQ(read.note.limits[0].period_seconds, 10800);

  const auto process = read_process_status(body_of(snapshot, "1/process"));
  ASSERT_TRUE(process);
  EXPECT_EQ(process->version, "1.2");
  EXPECT_TRUE(process->is_helper_alive);
  EXPECT_EQ(process->helper.pid, 55);
  EXPECT_EQ(process->helper.started_at, kNow);
  EXPECT_THAT(process->helper.clock_skew_seconds, Optional(-3));
  EXPECT_EQ(process->zone_size, 1000U);
}

TEST(ReadAnswer, EventsHaveTheirNumbers) {
  StatusSnapshot snapshot;
  Event event;
  event.kind = EventKind::kFailed;
  event.at = kNow;
  event.text = "no answer";
  snapshot.events = {{41, write_event(event)}, {42, write_event(event)}};
  const auto read =
      read_events_answer(body_of(snapshot, "1/events", "since=41"));
  ASSERT_TRUE(read);
  EXPECT_EQ(read->last, 42U);
  ASSERT_THAT(read->events, SizeIs(1));
  EXPECT_EQ(read->events[0].number, 42U);
  EXPECT_EQ(read->events[0].event.text, "no answer");
  EXPECT_THAT(read->events[0].document, Not(HasSubstr("\n")));
}

TEST(ReadAnswer, CommandsAndProblemsAreRead) {
  StatusSnapshot snapshot;
  snapshot.commands = {
      {5, "renew", "a.example", "", "running", "authorizing", "admin", kNow}};
  const auto command = read_command_status(body_of(snapshot, "1/commands/5"));
  ASSERT_TRUE(command);
  EXPECT_EQ(command->id, 5U);
  EXPECT_EQ(command->state, "running");
  EXPECT_EQ(command->text, "authorizing");
  EXPECT_EQ(command->asked_at, kNow);
  const auto problem = read_problem_answer(body_of(snapshot, "1/commands/6"));
  ASSERT_TRUE(problem);
  EXPECT_NE(problem->title, "");
}

TEST(ReadAnswer, WhatIsNoDocumentIsNone) {
  for (const std::string& text :
       {std::string(), std::string("null"), std::string("[]"),
        std::string("{}"), std::string("{\"certificates\":7}"),
        std::string("{\"id\":\"x\",\"state\":\"odd\"}"),
        std::string(200'000, '['), std::string("\xff")}) {
    EXPECT_FALSE(read_certificates_answer(text));
    EXPECT_FALSE(read_certificate_status(text));
    EXPECT_FALSE(read_issuers_answer(text));
    EXPECT_FALSE(read_process_status(text));
    EXPECT_FALSE(read_events_answer(text));
    EXPECT_FALSE(read_command_status(text));
    EXPECT_FALSE(read_problem_answer(text));
  }
}

TEST(ReadAnswer, DeepNestingIsLeftOut) {
  const std::string deep = "{\"a\":" + std::string(100'000, '[') +
                           std::string(100'000, ']') + ",\"b\":1}";
  const auto text = pretty_json(deep);
  ASSERT_TRUE(text);
  EXPECT_LT(text->size(), 10'000U);
  EXPECT_THAT(*text, HasSubstr("\"b\": 1"));
}

TEST(ReadAnswer, NothingInADocumentReachesATerminalAsItIs) {
  const auto text =
      pretty_json("{\"a\\u001b\": \"\xC2\x9B\x7F b\\u00fc\", \"\xff\": 1}");
  EXPECT_FALSE(text);  // malformed UTF-8 is no JSON
  const auto escaped = pretty_json("{\"a\\u001b\": \"\xC2\x9B\"}");
  ASSERT_TRUE(escaped);
  for (const char c : *escaped) {
    EXPECT_TRUE(c == '\n' || (c >= ' ' && c < '\x7F')) << *escaped;
  }
}

TEST(ReadAnswer, DocumentsOfAllPagesMakeOne) {
  const std::string document =
      certificates_document(kNow, {R"({"id": "a", "z": 1, "b": 2})"});
  EXPECT_THAT(document, HasSubstr("\"taken_at\": \"2026-03-01T00:00:00Z\""));
  // In the order that they came in.
  EXPECT_LT(document.find("\"z\""), document.find("\"b\""));
}

}  // namespace
}  // namespace acme
