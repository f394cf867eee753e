// SPDX-License-Identifier: BSD-2-Clause
// Updates and their signatures, which the server's ldns checks and makes.
#include "acme_core/net/dns_update.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "acme_core/error.h"
#include "tests/support/failure_of.h"
#include "tests/support/name_server_double.h"

namespace acme {
namespace {

using namespace std::chrono_literals;
using Action = DnsUpdate::Action;
using Mood = NameServerDouble::Mood;
using testing::ElementsAre;

// Base64 of "0123456789abcdef0123456789abcdef".
constexpr auto* kSecret = "MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY=";

class DnsUpdateTest : public testing::Test {
 protected:
  DnsUpdateTest() { server_.set_key("key.", "hmac-sha256.", kSecret); }

  DnsUpdateReply send(Action action, const std::string& text) {
    return update_dns(
        server_.address(),
        {action, "example.com.", "_acme-challenge.example.com.", text, 60s},
        key_, now_, 10s, {});
  }

  NameServerDouble server_{{"example.com."}};
  TsigKey key_{"Key", "hmac-sha256", SecretBytes()};
  TimePoint now_ = std::chrono::floor<std::chrono::milliseconds>(
      std::chrono::system_clock::now());

  void SetUp() override {
    for (int i = 0; i < 2; ++i) {
      for (const char c : std::string("0123456789abcdef")) {
        key_.secret.push_back(static_cast<std::uint8_t>(c));
      }
    }
  }
};

TEST_F(DnsUpdateTest, AddsOneRecordAndRemovesExactlyThatOne) {
  EXPECT_TRUE(send(Action::kAdd, "one").signature.is_authentic);
  EXPECT_TRUE(send(Action::kAdd, "two").signature.is_authentic);
  EXPECT_THAT(server_.texts("_acme-challenge.example.com."),
              ElementsAre("one", "two"));
  EXPECT_TRUE(send(Action::kRemove, "one").signature.is_authentic);
  EXPECT_THAT(server_.texts("_acme-challenge.example.com."),
              ElementsAre("two"));
  EXPECT_THAT(server_.updates(),
              ElementsAre("+ _acme-challenge.example.com. 60 one",
                          "+ _acme-challenge.example.com. 60 two",
                          "- _acme-challenge.example.com. one"));
}

TEST_F(DnsUpdateTest, SignsWithSha512Too) {
  server_.set_key("key.", "hmac-sha512.", kSecret);
  key_.algorithm = "hmac-sha512";
  EXPECT_TRUE(send(Action::kAdd, "one").signature.is_authentic);
}

TEST_F(DnsUpdateTest, BelievesNoOtherSignature) {
  for (const Mood mood : {Mood::kForgesSignatures, Mood::kSignsNothing}) {
    server_.set(mood);
    const DnsUpdateReply reply = send(Action::kAdd, "one");
    EXPECT_EQ(reply.rcode, DnsRcode::kNoError);
    EXPECT_FALSE(reply.signature.is_authentic);
  }
}

TEST_F(DnsUpdateTest, BelievesNoOtherAlgorithm) {
  server_.set_key("key.", "hmac-sha512.", kSecret);
  EXPECT_FALSE(send(Action::kAdd, "one").signature.is_authentic);
}

TEST_F(DnsUpdateTest, BelievesNoOldSignature) {
  now_ += 301s;
  EXPECT_FALSE(send(Action::kAdd, "one").signature.is_authentic);
  now_ -= 10s;
  EXPECT_TRUE(send(Action::kAdd, "one").signature.is_authentic);
}

TEST_F(DnsUpdateTest, SaysWhatIsWrongWithTheSignature) {
  server_.set(Mood::kRefusesKey);
  const DnsUpdateReply reply = send(Action::kAdd, "one");
  EXPECT_EQ(reply.rcode, DnsRcode::kNotAuth);
  EXPECT_EQ(reply.signature.error, DnsRcode::kBadKey);
}

TEST_F(DnsUpdateTest, RefusesWhatCannotBeWritten) {
  EXPECT_EQ(failure_of([&] {
              return send(Action::kAdd, std::string(256, 'x'));
            }).kind(),
            ErrorKind::kConfiguration);
}

TEST(TsigKeyCheck, NamesTheAlgorithmsThatAreUsed) {
  EXPECT_NO_THROW(require_usable({"key", "hmac-sha384", {}}));
  EXPECT_EQ(failure_of([] {
              require_usable({"key", "hmac-md5", {}});
              return 0;
            }).kind(),
            ErrorKind::kConfiguration);
  EXPECT_EQ(failure_of([] {
              require_usable({"a..b", "hmac-sha256", {}});
              return 0;
            }).kind(),
            ErrorKind::kConfiguration);
}

}  // namespace
}  // namespace acme
