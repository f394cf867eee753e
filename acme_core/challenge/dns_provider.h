// SPDX-License-Identifier: BSD-2-Clause
// What each way to publish a DNS record has to be able to do.
#pragma once

#include <functional>
#include <stop_token>
#include <string>

#include "acme_core/dns_record.h"

namespace acme {

/// Publishes TXT values. A name may have several at a time (a domain and its
/// wildcard; two orders): one is added or removed, others stay. Thread-safe.
class DnsProvider {
 public:
  virtual ~DnsProvider() = default;

  /// Adds the value; returns when the provider has taken it, which may be
  /// before any name server knows it. Adding what is there is no error. Throws
  /// Error that names the domain and says what to do.
  virtual void present(const DnsRecord& record, std::stop_token stop) = 0;

  /// Removes the value. Removing what is not there is no error. Throws Error.
  virtual void cleanup(const DnsRecord& record, std::stop_token stop) = 0;

  /// Orders whose records have a name to lock in common take turns: those with
  /// the same record, or with the same name where it has room for few values.
  [[nodiscard]] virtual std::string lock_name(const DnsRecord& record) const {
    return record.fqdn + " " + record.value;
  }
};

/// Who publishes a record; nullptr: nobody is configured for it. A provider is
/// for it when its zone has the domain or the name that the value goes to.
using DnsProviderChoice = std::function<DnsProvider*(const DnsRecord&)>;

}  // namespace acme
