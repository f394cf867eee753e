// SPDX-License-Identifier: BSD-2-Clause
// What each way to publish a DNS record has to be able to do.
#pragma once

#include <stop_token>
#include <string>

namespace acme {

/// One TXT value that proves control of a name (RFC 8555 section 8.4).
struct DnsRecord {
  /// The name that is proved, without "*.": "example.com".
  std::string domain;
  /// Where the value goes, with the trailing dot:
  /// "_acme-challenge.example.com." or what that is an alias of.
  std::string fqdn;
  std::string value;
};

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
};

}  // namespace acme
