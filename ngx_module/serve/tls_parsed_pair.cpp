// SPDX-License-Identifier: BSD-2-Clause
// A pair of the zone as OpenSSL has it.
#include "ngx_module/serve/tls_parsed_pair.h"

#include <cstddef>
#include <cstdint>
#include <span>

#include "acme_core/crypto/der.h"

namespace ngx_acme {
std::optional<ParsedPair> parse(const CopiedPair& pair) {
  ParsedPair parsed;
  parsed.leaf = acme::certificate_from_der(pair.chain.front());
  parsed.issuers.reset(sk_X509_new_null());
  std::span<const std::uint8_t> key = pair.key;
  parsed.key = acme::take_private_key(key);
  if (!parsed.leaf || !parsed.issuers || !parsed.key) {
    return std::nullopt;
  }
  for (std::size_t i = 1; i < pair.chain.size(); ++i) {
    acme::X509Ptr issuer = acme::certificate_from_der(pair.chain[i]);
    if (!issuer || sk_X509_push(parsed.issuers.get(), issuer.get()) == 0) {
      return std::nullopt;
    }
    [[maybe_unused]] X509* owned_by_stack = issuer.release();
  }
  return parsed;
}

bool has_expired(const X509* leaf) noexcept {
  return X509_cmp_current_time(X509_get0_notAfter(leaf)) < 0;
}

}  // namespace ngx_acme
