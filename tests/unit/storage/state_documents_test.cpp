// SPDX-License-Identifier: BSD-2-Clause
// The JSON files of the state directory.
#include "acme_core/storage/state_documents.h"

#include <gtest/gtest.h>

#include <string>

#include "tests/support/test_ca.h"

namespace acme {
namespace {

TEST(CertificateMetadata, IsAReadableJsonFile) {
  TestCa ca;
  const PrivateKey key = PrivateKey::generate(KeyType::kEcdsa256);
  const auto chain = CertificateChain::from_pem(
      ca.issue(identifiers_of({"www.example.org", "192.0.2.1"}), key));
  ASSERT_TRUE(chain);
  EXPECT_EQ(write_metadata("letsencrypt", *chain, key.type()),
            R"({
  "issuer": "letsencrypt",
  "identifiers": [
    "www.example.org",
    "192.0.2.1"
  ],
  "key": "ecdsa:256",
  "serial": "01",
  "not_before": "2026-01-01T00:00:00Z",
  "not_after": "2026-04-01T00:00:00Z"
}
)");
}

TEST(CertificateMetadata, IsReadLeniently) {
  const auto metadata = read_metadata(R"({"issuer":"le","serial":"0a"})");
  EXPECT_EQ(metadata.issuer, "le");
  EXPECT_EQ(metadata.serial, "0a");
  for (const char* text : {"", "{", "[]", "7", R"({"issuer":7,"serial":[]})"}) {
    EXPECT_EQ(read_metadata(text).issuer, "") << text;
    EXPECT_EQ(read_metadata(text).serial, "") << text;
  }
}

TEST(OrderDocument, ComesBackAsItWasWritten) {
  const auto identifiers =
      identifiers_of({"www.example.org", "*.example.org", "2001:db8::1"});
  const std::string text =
      write_order("https://ca.example/order/1", identifiers);
  const auto order = read_order(text);
  ASSERT_TRUE(order);
  EXPECT_EQ(order->order_url, "https://ca.example/order/1");
  EXPECT_EQ(order->identifiers, identifiers);
}

TEST(OrderDocument, UsesTheWordsOfRfc8555) {
  EXPECT_EQ(write_order("https://ca.example/1", identifiers_of({"a.example"})),
            R"({
  "order_url": "https://ca.example/1",
  "identifiers": [
    {
      "type": "dns",
      "value": "a.example"
    }
  ]
}
)");
}

TEST(OrderDocument, IsRefusedWhenAnythingIsAmiss) {
  for (const char* text : {
           "",
           "{",
           "[]",
           "null",
           "{}",
           R"({"order_url":"u"})",
           R"({"identifiers":[{"type":"dns","value":"a.b"}]})",
           R"({"order_url":"","identifiers":[{"type":"dns","value":"a.b"}]})",
           R"({"order_url":7,"identifiers":[{"type":"dns","value":"a.b"}]})",
           R"({"order_url":"u","identifiers":{}})",
           R"({"order_url":"u","identifiers":[]})",
           R"({"order_url":"u","identifiers":["a.b"]})",
           R"({"order_url":"u","identifiers":[{"value":"a.b"}]})",
           R"({"order_url":"u","identifiers":[{"type":"dns"}]})",
           R"({"order_url":"u","identifiers":[{"type":"ip","value":"a.b"}]})",
           R"({"order_url":"u","identifiers":[{"type":"dns","value":"::1"}]})",
           R"({"order_url":"u","identifiers":[{"type":"dns","value":"a/b"}]})",
       }) {
    EXPECT_FALSE(read_order(text)) << text;
  }
  EXPECT_FALSE(read_order(std::string(500'000, '[')));
}

}  // namespace
}  // namespace acme
