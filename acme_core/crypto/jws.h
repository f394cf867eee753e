// SPDX-License-Identifier: BSD-2-Clause
// JSON Web Signatures as ACME uses them (RFC 8555 section 6.2).
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "acme_core/crypto/private_key.h"

namespace acme {

struct JwsHeader {
  /// The anti-replay nonce (section 6.5.2). When empty, the header has none, as
  /// the inner signature of keyChange wants it (section 7.3.5).
  std::string nonce;
  std::string url;  ///< the request's URL (section 6.4)
  /// The account URL. When empty, the header carries the public key itself
  /// ("jwk"), as newAccount and certificate-key revocation need it.
  std::string kid;
};

/// A flattened JSON serialization, signed with `key`. An empty payload makes a
/// POST-as-GET (section 6.3).
[[nodiscard]] std::string sign_jws(const PrivateKey& key,
                                   const JwsHeader& header,
                                   std::string_view payload);

/// External account binding (section 7.3.4): the account's public key, signed
/// by HS256 with the MAC key the operator of the CA handed out for `kid`. `url`
/// is that of newAccount.
[[nodiscard]] std::string sign_external_account(
    std::span<const std::uint8_t> mac_key, const std::string& kid,
    const std::string& url, const PrivateKey& account_key);

}  // namespace acme
