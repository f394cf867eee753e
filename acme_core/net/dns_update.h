// SPDX-License-Identifier: BSD-2-Clause
// Dynamic updates of a zone (RFC 2136), signed with TSIG (RFC 8945).
#pragma once

#include <chrono>
#include <cstdint>
#include <stop_token>
#include <string>

#include "acme_core/net/dns_message.h"
#include "acme_core/net/dns_tsig.h"
#include "acme_core/time_point.h"

namespace acme {

/// Adds one TXT record to those that a name has, or removes exactly that one.
struct DnsUpdate {
  enum class Action { kAdd, kRemove };

  Action action = Action::kAdd;
  std::string zone;
  std::string name;
  std::string text;  ///< at most 255 bytes
  std::chrono::seconds time_to_live{0};
};

struct DnsUpdateReply {
  DnsRcode rcode = DnsRcode::kNoError;
  TsigVerdict signature;
};

/// Whatever the server answers, refusals included. Throws Error: kConfiguration
/// for names that are none, else as exchange_dns().
[[nodiscard]] DnsUpdateReply update_dns(const std::string& server,
                                        const DnsUpdate& update,
                                        const TsigKey& key, TimePoint now,
                                        std::chrono::milliseconds timeout,
                                        std::stop_token stop);

}  // namespace acme
