// SPDX-License-Identifier: BSD-2-Clause
// Waiting until a zone's own servers show what was published.
#pragma once

#include <chrono>
#include <span>
#include <stop_token>

#include "acme_core/dns_record.h"
#include "acme_core/env/clock.h"
#include "acme_core/env/log.h"
#include "acme_core/net/dns_lookup.h"

namespace acme {

/// All references outlive the call.
struct DnsPropagation {
  DnsLookup& lookup;
  Clock& clock;
  const EventLog& log;
  /// For all records together; zero: they are not looked for.
  std::chrono::milliseconds longest_wait = std::chrono::minutes(2);
};

/// Returns when every authoritative server of the records' zones shows them: a
/// CA may ask any. Servers that cannot be reached from here do not count while
/// others show the record; when none can, the resolver's word is taken.
/// Throws Error: kOurs, naming the server that lacks a record and what it
/// answered, when the time is over; kStopped.
void wait_until_published(const DnsPropagation& propagation,
                          std::span<const DnsRecord> records,
                          std::stop_token stop);

}  // namespace acme
