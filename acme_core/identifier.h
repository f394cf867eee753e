// SPDX-License-Identifier: BSD-2-Clause
// What a certificate is for: a DNS name or an IP address.
#pragma once

#include <compare>
#include <optional>
#include <string>
#include <string_view>

namespace acme {

/// An ACME identifier (RFC 8555 section 9.7.7, RFC 8738 section 3).
struct Identifier {
  enum class Type { kDns, kIp };

  Type type = Type::kDns;
  /// Lower-case host name, possibly with a leading "*.", or the canonical text
  /// form of an IPv4 or IPv6 address (RFC 5952).
  std::string value;

  auto operator<=>(const Identifier&) const = default;

  [[nodiscard]] bool is_wildcard() const noexcept {
    return type == Type::kDns && value.starts_with("*.");
  }
};

/// Reads a configured name: an IP address in any spelling, or a host name of
/// letters, digits, hyphens, underscores and dots with an optional "*." in
/// front. nullopt for anything else: empty or over-long labels, a trailing
/// dot, a wildcard anywhere else.
[[nodiscard]] std::optional<Identifier> parse_identifier(std::string_view text);

/// Why no public CA signs this name ("has a single label", "is reserved"), or
/// nullopt when one might. IP addresses count as signable unless they are
/// loopback, private, link-local or otherwise reserved by IANA (CA/Browser
/// Forum BR section 4.2.2). A private CA may sign all of them.
[[nodiscard]] std::optional<std::string_view> why_not_public(
    const Identifier& identifier);

}  // namespace acme
