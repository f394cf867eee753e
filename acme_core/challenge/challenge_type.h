// SPDX-License-Identifier: BSD-2-Clause
// The ways to prove control of a name that this client knows.
#pragma once

#include <array>
#include <optional>
#include <string_view>

namespace acme {

enum class ChallengeType {
  kHttp01,        ///< RFC 8555 section 8.3
  kTlsAlpn01,     ///< RFC 8737
  kDns01,         ///< RFC 8555 section 8.4
  kDnsAccount01,  ///< draft-ietf-acme-dns-account-label
  kDnsPersist01,  ///< draft-ietf-acme-dns-persist
};

inline constexpr std::array kChallengeTypes{
    ChallengeType::kHttp01, ChallengeType::kTlsAlpn01, ChallengeType::kDns01,
    ChallengeType::kDnsAccount01, ChallengeType::kDnsPersist01};

/// As the CA calls it: "http-01".
[[nodiscard]] constexpr std::string_view to_string(
    ChallengeType type) noexcept {
  constexpr std::array<std::string_view, kChallengeTypes.size()> kNames{
      "http-01", "tls-alpn-01", "dns-01", "dns-account-01", "dns-persist-01"};
  return kNames.at(static_cast<std::size_t>(type));
}

/// Reads the configuration's spelling: the CA's, or that without its number
/// ("http", "tls-alpn").
[[nodiscard]] constexpr std::optional<ChallengeType> parse_challenge_type(
    std::string_view text) noexcept {
  for (const ChallengeType type : kChallengeTypes) {
    const std::string_view name = to_string(type);
    if (text == name || text == name.substr(0, name.rfind('-'))) {
      return type;
    }
  }
  return std::nullopt;
}

/// The answer is in the DNS: such a type says something about every name below
/// a domain, and nothing about IP addresses (RFC 8738 section 4).
[[nodiscard]] constexpr bool is_dns(ChallengeType type) noexcept {
  return type == ChallengeType::kDns01 ||
         type == ChallengeType::kDnsAccount01 ||
         type == ChallengeType::kDnsPersist01;
}

}  // namespace acme
