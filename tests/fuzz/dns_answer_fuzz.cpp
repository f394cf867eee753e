// SPDX-License-Identifier: BSD-2-Clause
// Queries to the name server. The first byte of an input says how they come:
// over TCP (bit 0), from a source that exceeds its rate (bit 1).
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "acme_core/dns_server/dns_answer.h"
#include "tests/fuzz/fuzz_input.h"

namespace acme {
namespace {

constexpr std::string_view kApex = "_acme-challenge.example.com";

class OneZone final : public DnsZones {
 public:
  [[nodiscard]] std::optional<std::string_view> zone_of(
      std::string_view name) const override {
    expect(name.size() <= 253, "a name is bounded");
    expect(name.find_first_of("ABCDEFGHIJKLMNOPQRSTUVWXYZ") ==
               std::string_view::npos,
           "a name is in lower case");
    const bool is_below = name.size() > kApex.size() && name.ends_with(kApex) &&
                          name[name.size() - kApex.size() - 1] == '.';
    return name == kApex || is_below
               ? std::optional(name.substr(name.size() - kApex.size()))
               : std::nullopt;
  }
  [[nodiscard]] Node find(std::string_view name) const override {
    return name == kApex ? Node{true, {"one", "two"}} : Node{};
  }
  [[nodiscard]] std::string_view server_name() const noexcept override {
    return "ns.example.org";
  }
};

void check(std::span<const std::uint8_t> query, const DnsAnswering& how) {
  const std::vector<std::uint8_t> answer =
      answer_dns_query(query, how, OneZone());
  if (query.size() < 12 || (query[2] & 0x80) != 0) {
    expect(answer.empty(), "what is no query is not answered");
    return;
  }
  if (answer.empty()) {
    expect(query.size() > kLargestDnsQuery, "every query is answered");
    return;
  }
  expect(answer.size() >= 12, "an answer has a header");
  expect(answer[0] == query[0] && answer[1] == query[1],
         "an answer is that of its query");
  expect((answer[2] & 0x80) != 0 && (answer[3] & 0x80) == 0,
         "an answer is one, and offers no recursion");
  const bool has_records = answer[7] != 0;
  expect(how.transport == DnsAnswering::Transport::kTcp || has_records ||
             answer.size() <= 2 * query.size(),
         "nothing is amplified");
  expect(answer.size() <= 1232, "so few values fit into a datagram");
  expect(!how.only_truncated || !has_records, "no record without TCP");
}

}  // namespace
}  // namespace acme

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data,
                                      std::size_t size) {
  using Transport = acme::DnsAnswering::Transport;
  if (size != 0) {
    acme::check({data + 1, size - 1},
                {(data[0] & 1) != 0 ? Transport::kTcp : Transport::kUdp,
                 (data[0] & 2) != 0, 1});
  }
  return 0;
}
