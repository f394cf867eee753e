// SPDX-License-Identifier: BSD-2-Clause
// Questions to one DNS server.
#pragma once

#include <chrono>
#include <stop_token>
#include <string>

#include "acme_core/net/dns_message.h"

namespace acme {

/// Long enough for a datagram that is sent three times.
inline constexpr std::chrono::milliseconds kDnsTimeout{5'000};

/// An id that nobody can guess.
[[nodiscard]] std::uint16_t random_dns_id();

/// Whatever the server answers, refusals included. Throws as exchange_dns().
[[nodiscard]] DnsReply ask_dns(const std::string& server,
                               const DnsQuestion& question,
                               std::chrono::milliseconds timeout,
                               std::stop_token stop);

/// The zone that a reply to a question for the SOA of `name` names: its owner
/// is the answer, or stands beside a negative one (RFC 2308 section 3). Empty
/// when it is not said.
[[nodiscard]] std::string zone_in(const DnsReply& reply,
                                  const std::string& name);

}  // namespace acme
