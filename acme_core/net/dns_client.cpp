// SPDX-License-Identifier: BSD-2-Clause
// Asking, and what the answer says of zones.
#include "acme_core/net/dns_client.h"

#include <cstdint>
#include <utility>

#include "acme_core/env/random.h"
#include "acme_core/error.h"
#include "acme_core/net/dns_exchange.h"

namespace acme {

std::uint16_t random_dns_id() {
  return static_cast<std::uint16_t>(SystemRandom().below(UINT16_MAX + 1));
}

DnsReply ask_dns(const std::string& server, const DnsQuestion& question,
                 std::chrono::milliseconds timeout, std::stop_token stop) {
  const auto message =
      exchange_dns(server, write_question(question, random_dns_id()), timeout,
                   std::move(stop));
  auto reply = read_reply(message);
  if (!reply) {
    throw Error(ErrorKind::kUnavailable, "its answer is malformed");
  }
  return std::move(*reply);
}

std::string zone_in(const DnsReply& reply, const std::string& name) {
  for (const auto* section : {&reply.answers, &reply.authority}) {
    for (const DnsAnswer& answer : *section) {
      if (answer.type == DnsType::kSoa && is_at_or_below(name, answer.owner)) {
        return answer.owner;
      }
    }
  }
  return {};
}

}  // namespace acme
