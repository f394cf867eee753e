// SPDX-License-Identifier: BSD-2-Clause
// <name>.json: for people, for tools, and for us after a restart.
#include "acme_core/storage/certificate_document.h"

#include <gtest/gtest.h>

#include <string>

#include "tests/support/test_ca.h"

namespace acme {
namespace {

using namespace std::chrono_literals;

CertificateRecord full_record() {
  CertificateRecord record;
  record.issuer = "letsencrypt";
  record.backoffs["zerossl"] = {3, kTestNotBefore + 1h};
  record.window = RenewalWindow{kTestNotBefore + 24h, kTestNotBefore + 48h,
                                kTestNotBefore + 30h, "https://ca.example/why"};
  record.proved_by["letsencrypt"]["www.example.org"] = "tls-alpn-01";
  record.next_action = "renew";
  record.next_action_at = kTestNotBefore + 30h;
  record.add({kTestNotBefore, "letsencrypt", true, ""});
  record.add({kTestNotBefore + 1min, "zerossl", false, "it is down"});
  return record;
}

TEST(CertificateDocument, IsAReadableJsonFile) {
  TestCa ca;
  const PrivateKey key = PrivateKey::generate(KeyType::kEcdsa256);
  const auto chain = CertificateChain::from_pem(
      ca.issue(identifiers_of({"www.example.org", "192.0.2.1"}), key));
  ASSERT_TRUE(chain);
  EXPECT_EQ(
      write_certificate_document(facts_of(*chain, key.type()), full_record()),
      R"({
  "issuer": "letsencrypt",
  "identifiers": [
    "www.example.org",
    "192.0.2.1"
  ],
  "key": "ecdsa:256",
  "serial": "01",
  "not_before": "2026-01-01T00:00:00Z",
  "not_after": "2026-04-01T00:00:00Z",
  "chain": [
    "Test Intermediate",
    "Test Root"
  ],
  "next_action": {
    "what": "renew",
    "at": "2026-01-02T06:00:00Z"
  },
  "renewal_window": {
    "start": "2026-01-02T00:00:00Z",
    "end": "2026-01-03T00:00:00Z",
    "renew_at": "2026-01-02T06:00:00Z",
    "explanation_url": "https://ca.example/why"
  },
  "failures": {
    "zerossl": {
      "count": 3,
      "retry_at": "2026-01-01T01:00:00Z"
    }
  },
  "challenges": {
    "letsencrypt": {
      "www.example.org": "tls-alpn-01"
    }
  },
  "last_error": {
    "at": "2026-01-01T00:01:00Z",
    "issuer": "zerossl",
    "message": "it is down"
  },
  "history": [
    {
      "at": "2026-01-01T00:00:00Z",
      "issuer": "letsencrypt",
      "succeeded": true
    },
    {
      "at": "2026-01-01T00:01:00Z",
      "issuer": "zerossl",
      "succeeded": false,
      "message": "it is down"
    }
  ]
}
)");
}

TEST(CertificateDocument, ComesBackAsItWasWritten) {
  const CertificateRecord record = full_record();
  const CertificateFacts facts{{"a.example"}, "rsa:2048", "0a",
                               "b",           "c",        {"d"}};
  const std::string text = write_certificate_document(facts, record);
  const CertificateDocument read = read_certificate_document(text);
  EXPECT_EQ(read.facts.identifiers, facts.identifiers);
  EXPECT_EQ(read.record.issuer, "letsencrypt");
  ASSERT_TRUE(read.record.window);
  EXPECT_EQ(read.record.window->renew_at, record.window->renew_at);
  EXPECT_EQ(read.record.backoffs.at("zerossl").failures, 3U);
  EXPECT_EQ(read.record.next_action_at, record.next_action_at);
  EXPECT_EQ(read.record.history.back().message, "it is down");
  EXPECT_EQ(write_certificate_document(read.facts, read.record), text);
}

TEST(CertificateDocument, SaysNothingOfACertificateThatIsNotThere) {
  EXPECT_EQ(write_certificate_document({}, {}), "{\n  \"issuer\": \"\"\n}\n");
}

TEST(CertificateDocument, ReadsTheFilesOfOlderVersions) {
  const auto document = read_certificate_document(
      R"({"issuer":"le","identifiers":["a.b"],"key":"ecdsa:256","serial":"0a",
          "not_before":"x","not_after":"y"})");
  EXPECT_EQ(document.record.issuer, "le");
  EXPECT_EQ(document.facts.serial, "0a");
  EXPECT_TRUE(document.record.history.empty());
}

TEST(CertificateDocument, SkipsWhatMakesNoSense) {
  for (const char* text :
       {"",
        "{",
        "[]",
        "7",
        "null",
        R"({"issuer":7,"serial":[]})",
        R"({"history":{},"failures":[],"renewal_window":7,"next_action":[]})",
        R"({"history":[7,null,[],{},"x"],"failures":{"a":7,"b":[],"c":{}}})",
        R"({"history":[{"at":"x","succeeded":true}]})",
        R"({"history":[{"at":"2026-01-01T00:00:00Z","succeeded":1}]})",
        R"({"history":[{"succeeded":false}]})",
        R"({"failures":{"a":{"count":-1,"retry_at":"2026-01-01T00:00:00Z"}}})",
        R"({"failures":{"a":{"count":1e9,"retry_at":"2026-01-01T00:00:00Z"}}})",
        R"({"failures":{"a":{"count":99999999999,
            "retry_at":"2026-01-01T00:00:00Z"}}})",
        R"({"failures":{"a":{"count":1,"retry_at":"soon"}}})",
        R"({"failures":{"a\n":{"count":1,"retry_at":"2026-01-01T00:00:00Z"}}})",
        R"({"failures":{"":{"count":1,"retry_at":"2026-01-01T00:00:00Z"}}})",
        R"({"renewal_window":{"start":"2026-01-02T00:00:00Z",
            "end":"2026-01-03T00:00:00Z"}})",
        R"({"renewal_window":{"start":"2026-01-03T00:00:00Z",
            "end":"2026-01-02T00:00:00Z","renew_at":"2026-01-03T00:00:00Z"}})",
        R"({"challenges":[]})",
        R"({"challenges":{"a":7,"b":{"c":7}}})",
        R"({"challenges":{"a":{"b\n":"http-01"},"\n":{"b":"http-01"}}})",
        R"({"next_action":{"what":7,"at":"tomorrow"}})"}) {
    const CertificateDocument read = read_certificate_document(text);
    EXPECT_EQ(write_certificate_document(read.facts, read.record),
              "{\n  \"issuer\": \"\"\n}\n")
        << text;
  }
}

TEST(CertificateDocument, KeepsGoodMembersBesideBadOnes) {
  const auto record =
      read_certificate_document(
          R"({"history":[7,{"at":"2026-01-01T00:00:00Z","succeeded":false,
              "message":"a\u0007b"}],"renewal_window":7,"failures":{"a":7,
              "b":{"count":2,"retry_at":"2026-01-01T00:00:00Z"}}})")
          .record;
  ASSERT_EQ(record.history.size(), 1U);
  EXPECT_EQ(record.history.front().message, "a?b");
  ASSERT_EQ(record.backoffs.size(), 1U);
  EXPECT_EQ(record.backoffs.at("b").failures, 2U);
}

TEST(CertificateDocument, IsBounded) {
  std::string text = R"({"history":[7)";
  for (int i = 0; i < 100; ++i) {
    text += R"(,{"at":"2026-01-01T00:00:00Z","succeeded":false,"message":")" +
            std::to_string(i) + " " + std::string(2000, 'x') + "\"}";
  }
  text += R"(],"failures":{"x":7)";
  for (int i = 0; i < 100; ++i) {
    text += ",\"" + std::to_string(i) +
            R"(":{"count":1,"retry_at":"2026-01-01T00:00:00Z"})";
  }
  const auto record = read_certificate_document(text + "}}").record;
  ASSERT_EQ(record.history.size(), 10U);
  EXPECT_TRUE(record.history.back().message.starts_with("99 x"));
  EXPECT_EQ(record.history.back().message.size(), 1024U);
  EXPECT_EQ(record.backoffs.size(), 20U);
  static_cast<void>(read_certificate_document(std::string(500'000, '[')));
}

}  // namespace
}  // namespace acme
