// SPDX-License-Identifier: BSD-2-Clause
// JSON Web Signatures as ACME uses them (RFC 8555 section 6.2).
#pragma once

#include <string>
#include <string_view>

#include "acme_core/crypto/private_key.h"

namespace acme {

struct JwsHeader {
  std::string nonce;  ///< the anti-replay nonce (section 6.5.2)
  std::string url;    ///< the request's URL (section 6.4)
  /// The account URL. When empty, the header carries the public key itself
  /// ("jwk"), as newAccount and certificate-key revocation need it.
  std::string kid;
};

/// A flattened JSON serialization, signed with `key`. An empty payload makes a
/// POST-as-GET (section 6.3).
[[nodiscard]] std::string sign_jws(const PrivateKey& key,
                                   const JwsHeader& header,
                                   std::string_view payload);

}  // namespace acme
