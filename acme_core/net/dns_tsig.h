// SPDX-License-Identifier: BSD-2-Clause
// Signatures of DNS messages by a shared key (TSIG, RFC 8945). ldns writes and
// reads them; the digests are made here, because ldns 1.8 makes none with
// SHA-384, leaves copies of the key in memory, and checks no times.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "acme_core/net/dns_message.h"
#include "acme_core/secret.h"
#include "acme_core/time_point.h"

struct ldns_struct_pkt;

namespace acme {

struct TsigKey {
  std::string name;       ///< as the server knows it
  std::string algorithm;  ///< "hmac-sha256", "hmac-sha384", "hmac-sha512"
  SecretBytes secret;
};

/// Throws Error(kConfiguration) when the name or the algorithm is not one.
void require_usable(const TsigKey& key);

/// Adds the signature to the packet. Returns its digest, which the answer's
/// signature covers.
std::vector<std::uint8_t> sign_dns(ldns_struct_pkt& packet, const TsigKey& key,
                                   TimePoint now);

struct TsigVerdict {
  bool is_authentic = false;  ///< signed by the key, and just now
  /// What the signature says is wrong with the request's; kNoError: nothing.
  /// Servers that do not know the key cannot sign it.
  DnsRcode error = DnsRcode::kNoError;
};

/// Looks at an answer to the message whose digest is `request_digest`.
[[nodiscard]] TsigVerdict verify_dns(
    std::span<const std::uint8_t> message, const TsigKey& key,
    std::span<const std::uint8_t> request_digest, TimePoint now);

}  // namespace acme
