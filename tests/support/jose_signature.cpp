// SPDX-License-Identifier: BSD-2-Clause
// Checks signatures as the other side of JOSE does.
#include "tests/support/jose_signature.h"

#include <openssl/ec.h>

#include <map>
#include <vector>

#include "acme_core/crypto/openssl.h"

namespace acme {
namespace {

using Bytes = std::vector<std::uint8_t>;

// r||s to DER; empty when the length is wrong.
Bytes to_der(std::span<const std::uint8_t> raw, std::size_t width) {
  if (raw.size() != 2 * width) {
    return {};
  }
  const auto number = [&](std::size_t offset) {
    return BN_bin2bn(raw.data() + offset, static_cast<int>(width), nullptr);
  };
  const EcdsaSigPtr signature(ECDSA_SIG_new());
  if (ECDSA_SIG_set0(signature.get(), number(0), number(width)) != 1) {
    return {};
  }
  Bytes der(static_cast<std::size_t>(i2d_ECDSA_SIG(signature.get(), nullptr)));
  unsigned char* position = der.data();
  i2d_ECDSA_SIG(signature.get(), &position);
  return der;
}

}  // namespace

bool is_jose_signature(const PrivateKey& key, std::string_view data,
                       std::span<const std::uint8_t> signature) {
  static const std::map<std::string_view, std::pair<const EVP_MD*, std::size_t>>
      kAlgorithms{{"ES256", {EVP_sha256(), 32}},
                  {"ES384", {EVP_sha384(), 48}},
                  {"ES512", {EVP_sha512(), 66}},
                  {"RS256", {EVP_sha256(), 0}}};
  const OpensslErrorScope errors;
  const auto& [digest, width] = kAlgorithms.at(key.jws_algorithm());
  const Bytes plain = width > 0 ? to_der(signature, width)
                                : Bytes(signature.begin(), signature.end());
  const EvpMdCtxPtr context(EVP_MD_CTX_new());
  return EVP_DigestVerifyInit(context.get(), nullptr, digest, nullptr,
                              key.get()) == 1 &&
         EVP_DigestVerify(context.get(), plain.data(), plain.size(),
                          reinterpret_cast<const unsigned char*>(data.data()),
                          data.size()) == 1;
}

}  // namespace acme
