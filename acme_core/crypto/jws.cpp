// SPDX-License-Identifier: BSD-2-Clause
// JSON Web Signatures as ACME uses them (RFC 8555 section 6.2).
#include "acme_core/crypto/jws.h"

#include <nlohmann/json.hpp>

#include "acme_core/crypto/base64url.h"
#include "acme_core/crypto/digest.h"
#include "acme_core/json_text.h"

namespace acme {
namespace {

// URL and nonce come from the CA. Malformed UTF-8 in them is replaced instead
// of thrown at us: the CA then refuses its own text.
std::string protected_header(const PrivateKey& key, const JwsHeader& header) {
  nlohmann::json members{{"alg", key.jws_algorithm()}, {"url", header.url}};
  if (!header.nonce.empty()) {
    members["nonce"] = header.nonce;
  }
  if (header.kid.empty()) {
    members["jwk"] = parse_json(key.jwk());
  } else {
    members["kid"] = header.kid;
  }
  return base64url_encode(to_text(members));
}

// RFC 7515 section 5.1: `sign` gets the signing input of step 5.
template <typename Sign>
std::string flattened(const std::string& protected_part,
                      std::string_view payload, const Sign& sign) {
  const std::string payload_part = base64url_encode(payload);
  const auto signature = sign(protected_part + "." + payload_part);
  return to_text({{"protected", protected_part},
                  {"payload", payload_part},
                  {"signature", base64url_encode(signature)}});
}

}  // namespace

std::string sign_jws(const PrivateKey& key, const JwsHeader& header,
                     std::string_view payload) {
  return flattened(protected_header(key, header), payload,
                   [&](const std::string& input) { return key.sign(input); });
}

std::string sign_external_account(std::span<const std::uint8_t> mac_key,
                                  const std::string& kid,
                                  const std::string& url,
                                  const PrivateKey& account_key) {
  const nlohmann::json header{{"alg", "HS256"}, {"kid", kid}, {"url", url}};
  return flattened(
      base64url_encode(to_text(header)), account_key.jwk(),
      [&](const std::string& input) { return hmac_sha256(mac_key, input); });
}

}  // namespace acme
