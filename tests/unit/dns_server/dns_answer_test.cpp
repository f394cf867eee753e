// SPDX-License-Identifier: BSD-2-Clause
#include "acme_core/dns_server/dns_answer.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <string>
#include <vector>

#include "acme_core/net/dns_handles.h"

namespace acme {
namespace {

using Bytes = std::vector<std::uint8_t>;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::UnorderedElementsAre;

constexpr DnsAnswering kUdp{DnsAnswering::Transport::kUdp, false, 7};
constexpr DnsAnswering kTcp{DnsAnswering::Transport::kTcp, false, 7};

// "_acme-challenge.example.com" with a value, and "acme.example.net" with one
// at "a.b.acme.example.net".
class TestZones final : public DnsZones {
 public:
  [[nodiscard]] std::optional<std::string_view> zone_of(
      std::string_view name) const override {
    for (const std::string_view apex :
         {"_acme-challenge.example.com", "acme.example.net"}) {
      if (name == apex || name.ends_with("." + std::string(apex))) {
        return name.substr(name.size() - apex.size());
      }
    }
    return std::nullopt;
  }

  [[nodiscard]] Node find(std::string_view name) const override {
    const auto found = nodes.find(std::string(name));
    return found == nodes.end() ? Node{} : found->second;
  }

  [[nodiscard]] std::string_view server_name() const noexcept override {
    return server;
  }

  std::map<std::string, Node> nodes{
      {"_acme-challenge.example.com", {true, {"first", "second"}}},
      {"b.acme.example.net", {true, {}}},
      {"a.b.acme.example.net", {true, {"deep"}}},
  };
  std::string server;
};

struct Edns {
  std::uint16_t size = 1232;
  std::uint8_t version = 0;
  bool dnssec = false;
  Bytes options = {};
};

void push16(Bytes& bytes, unsigned value) {
  bytes.push_back(static_cast<std::uint8_t>(value >> 8));
  bytes.push_back(static_cast<std::uint8_t>(value & 0xff));
}

Bytes query(const std::string& name, unsigned type = LDNS_RR_TYPE_TXT,
            std::optional<Edns> edns = std::nullopt,
            unsigned query_class = LDNS_RR_CLASS_IN) {
  Bytes bytes{0x12, 0x34, 0x01, 0x00, 0, 1, 0, 0, 0, 0, 0, 0};
  for (std::size_t at = 0; at < name.size();) {
    const std::size_t dot = std::min(name.find('.', at), name.size());
    bytes.push_back(static_cast<std::uint8_t>(dot - at));
    bytes.insert(bytes.end(), name.begin() + static_cast<std::ptrdiff_t>(at),
                 name.begin() + static_cast<std::ptrdiff_t>(dot));
    at = dot + 1;
  }
  bytes.push_back(0);
  push16(bytes, type);
  push16(bytes, query_class);
  if (edns) {
    bytes[11] = 1;
    bytes.push_back(0);
    push16(bytes, LDNS_RR_TYPE_OPT);
    push16(bytes, edns->size);
    bytes.push_back(0);
    bytes.push_back(edns->version);
    push16(bytes, edns->dnssec ? 0x8000 : 0);
    push16(bytes, static_cast<unsigned>(edns->options.size()));
    bytes.insert(bytes.end(), edns->options.begin(), edns->options.end());
  }
  return bytes;
}

// An answer as a resolver sees it, records as text.
struct Answer {
  explicit Answer(const Bytes& bytes) : size(bytes.size()) {
    ldns_pkt* parsed = nullptr;
    if (ldns_wire2pkt(&parsed, bytes.data(), bytes.size()) != LDNS_STATUS_OK) {
      ADD_FAILURE() << "no DNS message of " << bytes.size() << " bytes";
      return;
    }
    const LdnsPacketPtr packet(parsed);
    rcode = ldns_pkt_get_rcode(parsed) +
            (ldns_pkt_edns_extended_rcode(parsed) << 4U);
    id = ldns_pkt_id(parsed);
    is_answer = ldns_pkt_qr(parsed);
    authoritative = ldns_pkt_aa(parsed);
    truncated = ldns_pkt_tc(parsed);
    recursion_desired = ldns_pkt_rd(parsed);
    recursion_available = ldns_pkt_ra(parsed);
    opcode = ldns_pkt_get_opcode(parsed);
    edns_size = ldns_pkt_edns_udp_size(parsed);
    edns_version = ldns_pkt_edns_version(parsed);
    dnssec = ldns_pkt_edns_do(parsed);
    question = texts(ldns_pkt_question(parsed));
    answers = texts(ldns_pkt_answer(parsed));
    authority = texts(ldns_pkt_authority(parsed));
    additional = texts(ldns_pkt_additional(parsed));
  }

  static std::vector<std::string> texts(const ldns_rr_list* records) {
    std::vector<std::string> texts;
    for (std::size_t i = 0; i < ldns_rr_list_rr_count(records); ++i) {
      const LdnsTextPtr text(ldns_rr2str(ldns_rr_list_rr(records, i)));
      std::string line(text.get());
      std::replace(line.begin(), line.end(), '\t', ' ');
      line.erase(std::min(line.find_last_not_of(" \n") + 1, line.size()));
      texts.push_back(line);
    }
    return texts;
  }

  std::size_t size;
  unsigned rcode = 999;
  unsigned id = 0;
  unsigned opcode = 0;
  bool is_answer = false;
  bool authoritative = false;
  bool truncated = false;
  bool recursion_desired = false;
  bool recursion_available = false;
  unsigned edns_size = 0;
  unsigned edns_version = 0;
  bool dnssec = false;
  std::vector<std::string> question;
  std::vector<std::string> answers;
  std::vector<std::string> authority;
  std::vector<std::string> additional;
};

constexpr const char* kSoa =
    "_acme-challenge.example.com. 1 IN SOA _acme-challenge.example.com. . 7 "
    "3600 600 86400 1";

class DnsAnswers : public testing::Test {
 protected:
  [[nodiscard]] Bytes bytes(const Bytes& query,
                            const DnsAnswering& how = kUdp) const {
    return answer_dns_query(query, how, zones_);
  }
  [[nodiscard]] Answer ask(const Bytes& query,
                           const DnsAnswering& how = kUdp) const {
    return Answer(bytes(query, how));
  }
  [[nodiscard]] Answer ask(const std::string& name,
                           unsigned type = LDNS_RR_TYPE_TXT) const {
    return ask(query(name, type, Edns{}));
  }
  void fill(const std::string& name, std::size_t count) {
    DnsZones::Node& node = zones_.nodes[name];
    node = {true, {}};
    for (std::size_t i = 0; i < count; ++i) {
      node.txt.push_back(std::string(43, 'v') + std::to_string(i));
    }
  }

  TestZones zones_;
};

TEST_F(DnsAnswers, HaveAllValuesOfALiveName) {
  const Answer answer = ask("_acme-challenge.example.com");
  EXPECT_EQ(answer.rcode, LDNS_RCODE_NOERROR);
  EXPECT_THAT(
      answer.answers,
      UnorderedElementsAre("_acme-challenge.example.com. 1 IN TXT \"first\"",
                           "_acme-challenge.example.com. 1 IN TXT \"second\""));
  EXPECT_THAT(answer.authority, IsEmpty());
  EXPECT_THAT(answer.additional, IsEmpty());
}

TEST_F(DnsAnswers, AreThoseOfAnAuthorityThatDoesNotRecurse) {
  const Answer answer = ask("_acme-challenge.example.com");
  EXPECT_TRUE(answer.is_answer);
  EXPECT_TRUE(answer.authoritative);
  EXPECT_TRUE(answer.recursion_desired);
  EXPECT_FALSE(answer.recursion_available);
  EXPECT_EQ(answer.id, 0x1234U);
}

TEST_F(DnsAnswers, KeepTheCaseOfTheQuestion) {
  const Answer answer = ask("_aCme-ChallEnge.eXample.COM");
  EXPECT_THAT(answer.question,
              ElementsAre("_aCme-ChallEnge.eXample.COM. IN TXT"));
  EXPECT_THAT(
      answer.answers,
      testing::Each(testing::StartsWith("_aCme-ChallEnge.eXample.COM. ")));
  EXPECT_THAT(ask("No.aCme.Example.NET").authority,
              ElementsAre(testing::StartsWith("aCme.Example.NET. ")));
}

TEST_F(DnsAnswers, SplitLongValues) {
  zones_.nodes["acme.example.net"] = {true, {std::string(300, 'x')}};
  EXPECT_THAT(
      ask(query("acme.example.net"), kTcp).answers,
      ElementsAre("acme.example.net. 1 IN TXT \"" + std::string(255, 'x') +
                  "\" \"" + std::string(45, 'x') + "\""));
}

TEST_F(DnsAnswers, HaveNothingOfAnotherType) {
  for (const unsigned type :
       {LDNS_RR_TYPE_A, LDNS_RR_TYPE_AAAA, LDNS_RR_TYPE_CNAME, LDNS_RR_TYPE_CAA,
        LDNS_RR_TYPE_DS, LDNS_RR_TYPE_NS}) {
    const Answer answer = ask("_acme-challenge.example.com", type);
    EXPECT_EQ(answer.rcode, LDNS_RCODE_NOERROR);
    EXPECT_TRUE(answer.authoritative);
    EXPECT_THAT(answer.answers, IsEmpty());
    EXPECT_THAT(answer.authority, ElementsAre(kSoa));
  }
}

TEST_F(DnsAnswers, SayThatANameDoesNotExist) {
  const Answer answer = ask("other._acme-challenge.example.com");
  EXPECT_EQ(answer.rcode, LDNS_RCODE_NXDOMAIN);
  EXPECT_TRUE(answer.authoritative);
  EXPECT_THAT(answer.answers, IsEmpty());
  EXPECT_THAT(answer.authority, ElementsAre(kSoa));
}

TEST_F(DnsAnswers, SayThatANameBelowWhichThereIsOneExists) {
  const Answer answer = ask("b.acme.example.net");
  EXPECT_EQ(answer.rcode, LDNS_RCODE_NOERROR);
  EXPECT_THAT(answer.authority,
              ElementsAre(testing::StartsWith("acme.example.net. 1 IN SOA ")));
  EXPECT_EQ(ask("c.acme.example.net").rcode, LDNS_RCODE_NXDOMAIN);
  EXPECT_THAT(ask("a.b.acme.example.net").answers,
              ElementsAre("a.b.acme.example.net. 1 IN TXT \"deep\""));
}

TEST_F(DnsAnswers, SayThatAnApexExistsWithoutValues) {
  const Answer answer = ask("acme.example.net");
  EXPECT_EQ(answer.rcode, LDNS_RCODE_NOERROR);
  EXPECT_THAT(answer.authority, testing::SizeIs(1));
}

TEST_F(DnsAnswers, HaveTheSoaOfAZoneAtItsApexOnly) {
  EXPECT_THAT(ask("_acme-challenge.example.com", LDNS_RR_TYPE_SOA).answers,
              ElementsAre(kSoa));
  EXPECT_THAT(ask("a.b.acme.example.net", LDNS_RR_TYPE_SOA).answers, IsEmpty());
}

TEST_F(DnsAnswers, NameTheServerThatIsConfigured) {
  zones_.server = "ns.example.org";
  EXPECT_THAT(ask("acme.example.net", LDNS_RR_TYPE_NS).answers,
              ElementsAre("acme.example.net. 60 IN NS ns.example.org."));
  EXPECT_THAT(ask("a.b.acme.example.net", LDNS_RR_TYPE_NS).answers, IsEmpty());
}

TEST_F(DnsAnswers, AreRefusedForOtherNames) {
  for (const char* name : {"", "com", "example.com", "www.example.com",
                           "x_acme-challenge.example.com", "example.net"}) {
    const Answer answer = ask(name);
    EXPECT_EQ(answer.rcode, LDNS_RCODE_REFUSED) << name;
    EXPECT_FALSE(answer.authoritative);
    EXPECT_THAT(answer.question, testing::SizeIs(1));
    EXPECT_THAT(answer.authority, IsEmpty());
  }
}

TEST_F(DnsAnswers, AreRefusedForOtherClassesTransfersAndAny) {
  const std::string name = "_acme-challenge.example.com";
  for (const unsigned query_class :
       {LDNS_RR_CLASS_CH, LDNS_RR_CLASS_ANY, LDNS_RR_CLASS_NONE}) {
    EXPECT_EQ(ask(query(name, LDNS_RR_TYPE_TXT, Edns{}, query_class)).rcode,
              LDNS_RCODE_REFUSED);
  }
  for (const unsigned type :
       {unsigned{LDNS_RR_TYPE_ANY}, unsigned{LDNS_RR_TYPE_AXFR},
        unsigned{LDNS_RR_TYPE_IXFR}, unsigned{LDNS_RR_TYPE_OPT}, 0U, 128U}) {
    EXPECT_EQ(ask(query(name, type), kTcp).rcode, LDNS_RCODE_REFUSED) << type;
  }
}

TEST_F(DnsAnswers, DoNotKnowOtherOperations) {
  for (const unsigned opcode : {1U, 2U, 4U, 5U, 15U}) {
    Bytes update = query("_acme-challenge.example.com");
    update[2] = static_cast<std::uint8_t>(opcode << 3U);
    const Answer answer = ask(update);
    EXPECT_EQ(answer.rcode, LDNS_RCODE_NOTIMPL);
    EXPECT_EQ(answer.opcode, opcode);
    EXPECT_THAT(answer.question, IsEmpty());
  }
}

TEST_F(DnsAnswers, TakeADotInALabelForNoSeparator) {
  Bytes odd = query("x_acme-challenge.example.com", LDNS_RR_TYPE_TXT, Edns{});
  odd[13] = '.';  // one label, "._acme-challenge"
  EXPECT_EQ(ask(odd).rcode, LDNS_RCODE_REFUSED);
}

// Extended DNS (RFC 6891).

TEST_F(DnsAnswers, HaveAnOptRecordWhenTheQueryHasOne) {
  EXPECT_EQ(ask(query("_acme-challenge.example.com")).edns_size, 0U);
  const Answer answer = ask(
      query("_acme-challenge.example.com", LDNS_RR_TYPE_TXT, Edns{4096, 0}));
  EXPECT_EQ(answer.edns_size, 1232U);
  EXPECT_EQ(answer.edns_version, 0U);
  EXPECT_FALSE(answer.dnssec);
  EXPECT_TRUE(ask(query("_acme-challenge.example.com", LDNS_RR_TYPE_TXT,
                        Edns{1232, 0, true}))
                  .dnssec);
}

TEST_F(DnsAnswers, KnowNoLaterVersionOfEdns) {
  const Answer answer = ask(
      query("_acme-challenge.example.com", LDNS_RR_TYPE_TXT, Edns{1232, 1}));
  EXPECT_EQ(answer.rcode, 16U);  // BADVERS
  EXPECT_EQ(answer.edns_version, 0U);
  EXPECT_THAT(answer.answers, IsEmpty());
}

TEST_F(DnsAnswers, PassOverCookiesAndWhatElseIsOptional) {
  for (const Bytes& options :
       {Bytes{0, 10, 0, 8, 1, 2, 3, 4, 5, 6, 7, 8},  // a client's cookie
        Bytes{0, 8, 0, 4, 0, 1, 0, 0},               // a client's network
        Bytes{0, 10, 0xff, 0xff}, Bytes{0}}) {
    const Answer answer =
        ask(query("_acme-challenge.example.com", LDNS_RR_TYPE_TXT,
                  Edns{1232, 0, false, options}));
    EXPECT_EQ(answer.answers.size(), 2U);
    EXPECT_EQ(answer.edns_size, 1232U);
  }
}

// Sizes.

TEST_F(DnsAnswers, AreTruncatedWhenADatagramHasNoRoomForThem) {
  fill("acme.example.net", 30);
  const Answer answer =
      ask(query("acme.example.net", LDNS_RR_TYPE_TXT, Edns{4096}));
  EXPECT_TRUE(answer.truncated);
  EXPECT_EQ(answer.rcode, LDNS_RCODE_NOERROR);
  EXPECT_THAT(answer.answers, IsEmpty());
  EXPECT_EQ(answer.edns_size, 1232U);
}

TEST_F(DnsAnswers, AreAsLargeAsTheClientTakes) {
  fill("acme.example.net", 15);
  const auto ask_with = [&](std::optional<Edns> edns) {
    return ask(query("acme.example.net", LDNS_RR_TYPE_TXT, std::move(edns)));
  };
  EXPECT_FALSE(ask_with(Edns{1232}).truncated);
  EXPECT_FALSE(ask_with(Edns{65535}).truncated);
  EXPECT_TRUE(ask_with(Edns{600}).truncated);
  EXPECT_TRUE(ask_with(Edns{0}).truncated);
  EXPECT_TRUE(ask_with(std::nullopt).truncated);
  fill("acme.example.net", 7);
  EXPECT_FALSE(ask_with(Edns{0}).truncated);
  EXPECT_FALSE(ask_with(std::nullopt).truncated);
}

TEST_F(DnsAnswers, AreWholeOverTcp) {
  fill("acme.example.net", 500);
  const Answer answer = ask(query("acme.example.net"), kTcp);
  EXPECT_FALSE(answer.truncated);
  EXPECT_EQ(answer.answers.size(), 500U);
  EXPECT_GT(answer.size, 20'000U);
}

TEST_F(DnsAnswers, AreAtMostTwiceTheQueryUnlessTheyHaveValues) {
  zones_.server = "a-server-with-a-name.that-is-rather-long.example.org";
  for (const char* name :
       {"_acme-challenge.example.com", "acme.example.net", "x.acme.example.net",
        "b.acme.example.net", "www.example.org", "com", ""}) {
    for (unsigned type = 0; type < 300; ++type) {
      for (const auto& edns : {std::optional<Edns>(), std::optional(Edns{})}) {
        const Bytes asked = query(name, type, edns);
        const Bytes got = bytes(asked);
        if (type != LDNS_RR_TYPE_TXT || zones_.find(name).txt.empty()) {
          EXPECT_LE(got.size(), 2 * asked.size()) << name << " " << type;
        }
      }
    }
  }
}

TEST_F(DnsAnswers, AreWholeWhereTheyAreUsual) {
  // What resolvers ask on their way, with EDNS as all of them do.
  EXPECT_FALSE(ask("_acme-challenge.example.com", LDNS_RR_TYPE_SOA).truncated);
  EXPECT_FALSE(ask("_acme-challenge.example.com", LDNS_RR_TYPE_A).truncated);
  EXPECT_FALSE(ask("x.acme.example.net").truncated);
  zones_.server = "ns.example.net";
  EXPECT_FALSE(ask("_acme-challenge.example.com", LDNS_RR_TYPE_NS).truncated);
  EXPECT_FALSE(ask("x.acme.example.net").truncated);
}

TEST_F(DnsAnswers, SendAClientOnToTcp) {
  DnsAnswering how = kUdp;
  how.only_truncated = true;
  const Bytes asked =
      query("_acme-challenge.example.com", LDNS_RR_TYPE_TXT, Edns{});
  const Answer answer = ask(asked, how);
  EXPECT_TRUE(answer.truncated);
  EXPECT_THAT(answer.answers, IsEmpty());
  EXPECT_LE(answer.size, asked.size());
}

// Hostile packets.

TEST_F(DnsAnswers, AreNotGivenToWhatIsNoQuery) {
  const Bytes good = query("_acme-challenge.example.com");
  for (std::size_t size = 0; size < 12; ++size) {
    EXPECT_THAT(bytes(Bytes(good.begin(),
                            good.begin() + static_cast<std::ptrdiff_t>(size))),
                IsEmpty());
  }
  Bytes answer = good;
  answer[2] |= 0x80;
  EXPECT_THAT(bytes(answer), IsEmpty());
  EXPECT_THAT(bytes(Bytes(kLargestDnsQuery + 1, 0)), IsEmpty());
}

TEST_F(DnsAnswers, SayWhereAQueryIsCutOffThatItIsMalformed) {
  const Bytes good = query("_acme-challenge.example.com", LDNS_RR_TYPE_TXT,
                           Edns{1232, 0, false, Bytes{0, 10, 0, 2, 1, 2}});
  for (std::size_t size = 12; size < good.size(); ++size) {
    const Bytes cut(good.begin(),
                    good.begin() + static_cast<std::ptrdiff_t>(size));
    const Bytes got = bytes(cut);
    EXPECT_EQ(Answer(got).rcode, LDNS_RCODE_FORMERR) << size;
    EXPECT_EQ(got.size(), 12U);
  }
}

TEST_F(DnsAnswers, SayThatWhatFollowsAQueryIsMalformed) {
  Bytes longer = query("_acme-challenge.example.com");
  longer.push_back(0);
  EXPECT_EQ(ask(longer).rcode, LDNS_RCODE_FORMERR);
}

TEST_F(DnsAnswers, BelieveNoCounts) {
  for (const std::size_t count : {4U, 6U, 8U, 10U}) {
    for (const unsigned lie : {0U, 1U, 2U, 0xffffU}) {
      Bytes lying =
          query("_acme-challenge.example.com", LDNS_RR_TYPE_TXT, Edns{});
      const bool is_true = lie == (count == 4 || count == 10 ? 1U : 0U);
      lying[count] = static_cast<std::uint8_t>(lie >> 8U);
      lying[count + 1] = static_cast<std::uint8_t>(lie & 0xffU);
      EXPECT_EQ(ask(lying).rcode,
                is_true ? LDNS_RCODE_NOERROR : LDNS_RCODE_FORMERR)
          << count << " " << lie;
    }
  }
}

TEST_F(DnsAnswers, FollowNoPointers) {
  const Bytes header{0x12, 0x34, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0};
  for (const Bytes& name : {Bytes{0xc0, 12}, Bytes{0xc0, 0}, Bytes{0xc0, 14},
                            Bytes{1, 'a', 0xc0, 12}, Bytes{0xff, 0xff}}) {
    Bytes looping = header;
    looping.insert(looping.end(), name.begin(), name.end());
    looping.insert(looping.end(), {0, 16, 0, 1});
    EXPECT_EQ(ask(looping).rcode, LDNS_RCODE_FORMERR);
  }
}

TEST_F(DnsAnswers, KnowNoNamesThatAreTooLong) {
  std::string longest;  // 253 characters are 255 bytes
  for (int i = 0; i < 126; ++i) {
    longest += "a.";
  }
  longest += "a";
  EXPECT_EQ(ask(query(longest)).rcode, LDNS_RCODE_REFUSED);
  EXPECT_EQ(ask(query("a." + longest)).rcode, LDNS_RCODE_FORMERR);
  EXPECT_EQ(ask(query(std::string(64, 'a') + ".com")).rcode,
            LDNS_RCODE_FORMERR);
}

TEST_F(DnsAnswers, TakeNoOtherAdditionalRecord) {
  Bytes signed_query =
      query("_acme-challenge.example.com", LDNS_RR_TYPE_TXT, Edns{});
  signed_query[signed_query.size() - 9] = 250;  // TSIG
  EXPECT_EQ(ask(signed_query).rcode, LDNS_RCODE_FORMERR);

  Bytes named = query("_acme-challenge.example.com");
  named[11] = 1;
  named.insert(named.end(), {0xc0, 12, 0, 41, 4, 208, 0, 0, 0, 0, 0, 0});
  EXPECT_EQ(ask(named).rcode, LDNS_RCODE_FORMERR);
}

TEST_F(DnsAnswers, AreWellFormedWhateverByteIsWrong) {
  const Bytes good =
      query("_acme-challenge.example.com", LDNS_RR_TYPE_TXT, Edns{});
  for (std::size_t at = 0; at < good.size(); ++at) {
    for (unsigned value = 0; value < 256; ++value) {
      Bytes wrong = good;
      wrong[at] = static_cast<std::uint8_t>(value);
      const Bytes got = bytes(wrong);
      if (at == 2 && value >= 0x80) {
        EXPECT_THAT(got, IsEmpty());
        continue;
      }
      const Answer answer(got);
      EXPECT_TRUE(answer.is_answer);
      EXPECT_FALSE(answer.recursion_available);
      EXPECT_TRUE(answer.size <= 2 * wrong.size() || !answer.answers.empty());
    }
  }
}

}  // namespace
}  // namespace acme
