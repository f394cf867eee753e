// SPDX-License-Identifier: BSD-2-Clause
// Messages of the wire as data, and what does not count as one.
#include "acme_core/net/dns_message.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "acme_core/error.h"
#include "tests/support/failure_of.h"

namespace acme {
namespace {

using Bytes = std::vector<std::uint8_t>;
using testing::ElementsAre;
using testing::IsEmpty;

// An answer: "a.b." has the TXT record of two strings, "x" and "yz".
const Bytes kReply{0x12, 0x34, 0x84, 0x00, 0,  1, 0,  1, 0, 0,  0, 0,  // header
                   1,    'a',  1,    'b',  0,  0, 16, 0, 1,  // question
                   0xc0, 12,   0,    16,   0,  1, 0,  0, 0, 60, 0, 5,
                   1,    'x',  2,    'y',  'z'};

TEST(DnsName, IsLowerCaseWithATrailingDot) {
  EXPECT_EQ(canonical_name("WWW.Example.com"), "www.example.com.");
  EXPECT_EQ(canonical_name("_acme-challenge.example.com."),
            "_acme-challenge.example.com.");
  EXPECT_EQ(canonical_name("."), ".");
}

TEST(DnsName, IsNothingElse) {
  for (const std::string& text :
       {std::string(), std::string("a..b"), std::string(64, 'a') + ".com",
        std::string(130, 'a') + "." + std::string(130, 'b')}) {
    EXPECT_EQ(canonical_name(text), std::nullopt) << text;
  }
}

TEST(DnsName, IsBelowItsAncestors) {
  EXPECT_TRUE(is_at_or_below("www.example.com.", "example.com."));
  EXPECT_TRUE(is_at_or_below("example.com.", "example.com."));
  EXPECT_TRUE(is_at_or_below("example.com.", "."));
  EXPECT_FALSE(is_at_or_below("badexample.com.", "example.com."));
  EXPECT_FALSE(is_at_or_below("com.", "example.com."));
}

TEST(DnsName, EndsAtTheRoot) {
  EXPECT_EQ(parent_name("a.b.c."), "b.c.");
  EXPECT_EQ(parent_name("a\\.b.c."), "c.");
  EXPECT_EQ(parent_name("c."), ".");
  EXPECT_EQ(parent_name("."), "");
}

TEST(DnsQuestionMessage, RefusesWhatIsNoName) {
  EXPECT_EQ(failure_of([] {
              return write_question({"a..b", DnsType::kTxt}, 1);
            }).kind(),
            ErrorKind::kConfiguration);
}

TEST(DnsReplyMessage, HasTheTextsOfARecordInOne) {
  const auto reply = read_reply(kReply);
  ASSERT_TRUE(reply);
  EXPECT_EQ(reply->rcode, DnsRcode::kNoError);
  EXPECT_TRUE(reply->authoritative);
  ASSERT_EQ(reply->answers.size(), 1U);
  EXPECT_EQ(reply->answers[0].owner, "a.b.");
  EXPECT_EQ(reply->answers[0].value, "xyz");
}

TEST(DnsReplyMessage, IsNoneWhenItIsCutAnywhere) {
  for (std::size_t size = 0; size < kReply.size(); ++size) {
    EXPECT_EQ(read_reply(std::span(kReply).first(size)), std::nullopt) << size;
  }
}

TEST(DnsReplyMessage, LeavesOutOtherClassesAndTypes) {
  Bytes chaos = kReply;
  chaos[26] = 3;
  EXPECT_THAT(read_reply(chaos)->answers, IsEmpty());
  Bytes hinfo = kReply;
  hinfo[24] = 13;
  EXPECT_THAT(read_reply(hinfo)->answers, IsEmpty());
}

TEST(DnsReplyMessage, BelongsToItsQuestionAlone) {
  const Bytes request = write_question({"A.b", DnsType::kTxt}, 0x1234);
  EXPECT_TRUE(is_reply_to(request, kReply));
  EXPECT_FALSE(is_reply_to(request, request));
  EXPECT_FALSE(
      is_reply_to(write_question({"A.b", DnsType::kTxt}, 0x1235), kReply));
  EXPECT_FALSE(
      is_reply_to(write_question({"a.c", DnsType::kTxt}, 0x1234), kReply));
  EXPECT_FALSE(
      is_reply_to(write_question({"a.b", DnsType::kSoa}, 0x1234), kReply));
  Bytes notify = kReply;
  notify[2] |= 4 << 3;
  EXPECT_FALSE(is_reply_to(request, notify));
}

TEST(DnsReplyMessage, MayLeaveTheQuestionOutOfARefusal) {
  const Bytes request = write_question({"a.b", DnsType::kTxt}, 0x1234);
  Bytes bare{0x12, 0x34, 0x80, 0x01, 0, 0, 0, 0, 0, 0, 0, 0};
  EXPECT_TRUE(is_reply_to(request, bare));
  bare[3] = 0;
  EXPECT_FALSE(is_reply_to(request, bare));
}

TEST(DnsRcodeName, IsWhatAdministratorsKnow) {
  EXPECT_EQ(to_string(DnsRcode::kNxDomain), "NXDOMAIN");
  EXPECT_EQ(to_string(static_cast<DnsRcode>(77)), "code 77");
}

}  // namespace
}  // namespace acme
