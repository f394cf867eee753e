// SPDX-License-Identifier: BSD-2-Clause
// A pair of the zone as OpenSSL has it.
#pragma once

#include <openssl/x509.h>

#include <memory>
#include <optional>

#include "acme_core/crypto/openssl.h"
#include "ngx_module/shared/certificate_table.h"

namespace ngx_acme {

struct FreeStack {
  void operator()(STACK_OF(X509) * stack) const noexcept {
    sk_X509_pop_free(stack, X509_free);
  }
};

struct ParsedPair {
  acme::X509Ptr leaf;
  std::unique_ptr<STACK_OF(X509), FreeStack> issuers;
  acme::EvpPkeyPtr key;
};

/// nullopt when OpenSSL cannot read what the zone holds; its errors say why.
[[nodiscard]] std::optional<ParsedPair> parse(const CopiedPair& pair);

[[nodiscard]] bool has_expired(const X509* leaf) noexcept;

}  // namespace ngx_acme
