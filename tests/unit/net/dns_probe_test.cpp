// SPDX-License-Identifier: BSD-2-Clause
// Questions as a CA's resolver asks them, and what is read of the answers.
#include "acme_core/net/dns_probe.h"

#include <gmock/gmock.h>

#include "acme_core/error.h"

namespace acme {
namespace {

using testing::ElementsAre;

using Bytes = std::vector<std::uint8_t>;

void append(Bytes& bytes, std::string_view text) {
  bytes.insert(bytes.end(), text.begin(), text.end());
}

// An answer for "a.example" with records of that type.
Bytes answer(std::uint16_t type, const std::vector<std::string>& records,
             std::uint8_t second_flags = 0x80) {
  Bytes message{0, 1, 0x81, second_flags, 0, 1, 0, 0, 0, 0, 0, 0};
  message[7] = static_cast<std::uint8_t>(records.size());
  const auto type_high = static_cast<std::uint8_t>(type >> 8U);
  const auto type_low = static_cast<std::uint8_t>(type & 0xFFU);
  append(message, std::string_view("\1a\7example\0", 11));
  message.insert(message.end(), {type_high, type_low, 0, 1});
  for (const std::string& record : records) {
    message.insert(message.end(),
                   {0xC0, 12, type_high, type_low, 0, 1, 0, 0, 0, 60, 0,
                    static_cast<std::uint8_t>(record.size())});
    append(message, record);
  }
  return message;
}

TEST(DnsProbe, ReadsPropertiesOfCaa) {
  const auto reply =
      read_probe_reply(answer(257, {std::string("\0\5ISSUEca.example; x=y", 22),
                                    std::string("\x80\3tbs", 5)}),
                       ProbeType::kCaa);
  ASSERT_TRUE(reply);
  ASSERT_EQ(reply->caa.size(), 2U);
  EXPECT_EQ(reply->caa[0].tag, "issue");
  EXPECT_EQ(reply->caa[0].value, "ca.example; x=y");
  EXPECT_FALSE(reply->caa[0].is_critical);
  EXPECT_EQ(reply->caa[1].tag, "tbs");
  EXPECT_TRUE(reply->caa[1].is_critical);
}

TEST(DnsProbe, ReadsAddressesAndWhetherTheyAreAuthenticated) {
  const auto reply = read_probe_reply(
      answer(1, {std::string("\300\0\2\1", 4)}, 0xA0), ProbeType::kA);
  ASSERT_TRUE(reply);
  EXPECT_THAT(reply->values, ElementsAre("192.0.2.1"));
  EXPECT_TRUE(reply->is_authenticated);
  EXPECT_FALSE(
      read_probe_reply(answer(1, {}), ProbeType::kA)->is_authenticated);
}

TEST(DnsProbe, TellsARefusal) {
  const auto reply = read_probe_reply(answer(6, {}, 0x82), ProbeType::kSoa);
  ASSERT_TRUE(reply);
  EXPECT_EQ(reply->rcode, DnsRcode::kServFail);
}

TEST(DnsProbe, ReadsNothingOutOfWhatIsNoAnswer) {
  EXPECT_FALSE(read_probe_reply({}, ProbeType::kA));
  Bytes question = answer(1, {});
  question[2] = 0x01;
  EXPECT_FALSE(read_probe_reply(question, ProbeType::kA));
  Bytes torn = answer(257, {std::string("\0\5issueca.example", 17)});
  torn.resize(torn.size() - 4);
  EXPECT_FALSE(read_probe_reply(torn, ProbeType::kCaa));
}

TEST(DnsProbe, SaysWhichResolverGivesNoAnswer) {
  DnsServers servers;
  servers.servers = {"127.0.0.1:1"};  // nobody listens there
  ResolverDnsProbe probe(servers);
  try {
    static_cast<void>(probe.ask({.name = "a.example."}, {}));
    FAIL() << "somebody has answered";
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::kUnavailable);
    EXPECT_THAT(error.what(), testing::HasSubstr("127.0.0.1:1"));
  }
}

}  // namespace
}  // namespace acme
