// SPDX-License-Identifier: BSD-2-Clause
// What an authoritative name server answers to a query (RFC 1034 section
// 4.3.2), from bytes to bytes.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace acme {

/// More is no query: over UDP it would be a fragment on its way, over TCP
/// nothing that a resolver asks.
inline constexpr std::size_t kLargestDnsQuery = 4096;

/// What a name server has to say. Names are in lower case without a trailing
/// dot; a byte that no host name has is '\0' in them.
class DnsZones {
 public:
  struct Node {
    bool exists = false;  ///< it has values, or a name below it has
    std::vector<std::string> txt;
  };

  virtual ~DnsZones() = default;

  /// The apex of the zone that the name lies in, as the end of `name`; nullopt:
  /// none of ours.
  [[nodiscard]] virtual std::optional<std::string_view> zone_of(
      std::string_view name) const = 0;

  [[nodiscard]] virtual Node find(std::string_view name) const = 0;

  /// The host name of this name server; empty: zones have no NS record, and
  /// resolvers stay with those of the delegation.
  [[nodiscard]] virtual std::string_view server_name() const noexcept = 0;
};

struct DnsAnswering {
  enum class Transport { kUdp, kTcp };

  Transport transport = Transport::kUdp;
  /// The client shall come again over TCP, to show that its address is its own.
  bool only_truncated = false;
  std::uint32_t serial = 0;  ///< of the zones
};

/// The answer; empty: none, which is for what is no query or too large. Over
/// UDP it is at most twice as large as the query, unless it has TXT values.
/// The work is bounded by the size of the query. Throws std::bad_alloc.
[[nodiscard]] std::vector<std::uint8_t> answer_dns_query(
    std::span<const std::uint8_t> query, const DnsAnswering& how,
    const DnsZones& zones);

}  // namespace acme
