// SPDX-License-Identifier: BSD-2-Clause
// The CAs that need no acme_issuer block.
#pragma once

#include <array>
#include <string_view>

namespace acme {

struct BuiltinIssuer {
  std::string_view name;
  std::string_view directory_url;
};

/// Directory URLs as the CAs publish them. Naming one in a configuration
/// agrees to its terms of service.
inline constexpr std::array kBuiltinIssuers{
    BuiltinIssuer{"letsencrypt",
                  "https://acme-v02.api.letsencrypt.org/directory"},
    BuiltinIssuer{"letsencrypt-staging",
                  "https://acme-staging-v02.api.letsencrypt.org/directory"},
    BuiltinIssuer{"zerossl", "https://acme.zerossl.com/v2/DV90"},
    BuiltinIssuer{"google", "https://dv.acme-v02.api.pki.goog/directory"},
    BuiltinIssuer{"sslcom", "https://acme.ssl.com/sslcom-dv-ecc"},
};

/// The issuer that `acme on;` stands for.
inline constexpr std::string_view kDefaultIssuer = "letsencrypt";

}  // namespace acme
