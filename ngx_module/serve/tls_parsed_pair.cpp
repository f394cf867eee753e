// SPDX-License-Identifier: BSD-2-Clause
// A pair of the zone as OpenSSL has it.
#include "ngx_module/serve/tls_parsed_pair.h"

#include <openssl/evp.h>

#include <cstddef>
#include <cstdint>
#include <vector>

namespace ngx_acme {
namespace {

acme::X509Ptr parse_certificate(const std::vector<std::uint8_t>& der) {
  const unsigned char* cursor = der.data();
  return acme::X509Ptr(
      d2i_X509(nullptr, &cursor, static_cast<long>(der.size())));
}

}  // namespace

std::optional<ParsedPair> parse(const CopiedPair& pair) {
  ParsedPair parsed;
  parsed.leaf = parse_certificate(pair.chain.front());
  parsed.issuers.reset(sk_X509_new_null());
  const unsigned char* cursor = pair.key.data();
  parsed.key.reset(
      d2i_AutoPrivateKey(nullptr, &cursor, static_cast<long>(pair.key.size())));
  if (!parsed.leaf || !parsed.issuers || !parsed.key) {
    return std::nullopt;
  }
  for (std::size_t i = 1; i < pair.chain.size(); ++i) {
    acme::X509Ptr issuer = parse_certificate(pair.chain[i]);
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
