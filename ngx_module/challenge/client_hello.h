// SPDX-License-Identifier: BSD-2-Clause
// What a CA's ClientHello looks like for TLS-ALPN-01 (RFC 8737 section 3).
// Knows nothing of nginx or OpenSSL, so that it can be fuzzed.
#pragma once

#include <string>
#include <string_view>

namespace ngx_acme {

inline constexpr std::string_view kAcmeTls = "acme-tls/1";

/// True for the contents of an application_layer_protocol_negotiation extension
/// that offers "acme-tls/1" and nothing else.
[[nodiscard]] bool offers_only_acme_tls(std::string_view extension) noexcept;

/// The one host name of a server_name extension (RFC 6066 section 3) in lower
/// case; empty for anything else.
[[nodiscard]] std::string server_name(std::string_view extension);

}  // namespace ngx_acme
