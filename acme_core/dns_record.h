// SPDX-License-Identifier: BSD-2-Clause
// A TXT record that proves control of a name.
#pragma once

#include <compare>
#include <string>

namespace acme {

/// One TXT value (RFC 8555 section 8.4).
struct DnsRecord {
  /// The name that is proved, without "*.": "example.com".
  std::string domain;
  /// Where the value goes, with the trailing dot:
  /// "_acme-challenge.example.com." or what that is an alias of.
  std::string fqdn;
  std::string value;

  auto operator<=>(const DnsRecord&) const = default;
};

}  // namespace acme
