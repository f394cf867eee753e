// SPDX-License-Identifier: BSD-2-Clause
// The CAs that need no acme_issuer block, and what is known about them.
#pragma once

#include <array>
#include <cstddef>
#include <string_view>

#include "acme_core/engine/plan.h"

namespace acme {

struct BuiltinIssuer {
  std::string_view name;
  std::string_view directory_url;
  /// Of the same CA, for tests, with roots that nobody trusts; may be empty.
  std::string_view staging_url;
  /// It opens accounts only for those who have one there already (RFC 8555
  /// section 7.3.4).
  bool needs_external_account = false;
};

/// Directory URLs as the CAs publish them. Naming one in a configuration
/// agrees to its terms of service.
inline constexpr std::array kBuiltinIssuers{
    BuiltinIssuer{"letsencrypt",
                  "https://acme-v02.api.letsencrypt.org/directory",
                  "https://acme-staging-v02.api.letsencrypt.org/directory"},
    BuiltinIssuer{"letsencrypt-staging",
                  "https://acme-staging-v02.api.letsencrypt.org/directory",
                  "https://acme-staging-v02.api.letsencrypt.org/directory"},
    BuiltinIssuer{"zerossl", "https://acme.zerossl.com/v2/DV90", "", true},
    BuiltinIssuer{"google", "https://dv.acme-v02.api.pki.goog/directory",
                  "https://dv.acme-v02.test-api.pki.goog/directory", true},
    BuiltinIssuer{"sslcom", "https://acme.ssl.com/sslcom-dv-ecc", "", true},
};

/// The issuer that `acme on;` stands for.
inline constexpr std::string_view kDefaultIssuer = "letsencrypt";

/// nullptr when there is none of that name, or that URL.
[[nodiscard]] const BuiltinIssuer* find_builtin(std::string_view name) noexcept;
[[nodiscard]] const BuiltinIssuer* find_builtin_url(
    std::string_view directory_url) noexcept;

/// How many names the CA takes in one certificate: Let's Encrypt 25 in its
/// profiles "tlsserver" and "shortlived" (letsencrypt.org/docs/profiles), and
/// 100 otherwise, as the others do; nobody is known to take fewer.
[[nodiscard]] std::size_t most_identifiers(const IssuerSpec& issuer) noexcept;

}  // namespace acme
