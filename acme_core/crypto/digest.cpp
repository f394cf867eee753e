// SPDX-License-Identifier: BSD-2-Clause
// SHA-256, SHA-1, HMAC, and SipHash by OpenSSL.
#include "acme_core/crypto/digest.h"

#include <openssl/core_names.h>
#include <openssl/hmac.h>
#include <openssl/params.h>

#include "acme_core/crypto/openssl.h"

namespace acme {
namespace {

const EVP_MD* digest_of(HmacHash hash) noexcept {
  switch (hash) {
    case HmacHash::kSha384:
      return EVP_sha384();
    case HmacHash::kSha512:
      return EVP_sha512();
    case HmacHash::kSha256:
      break;
  }
  return EVP_sha256();
}

}  // namespace

std::array<std::uint8_t, 32> sha256(std::string_view data) {
  std::array<std::uint8_t, 32> digest{};
  if (EVP_Digest(data.data(), data.size(), digest.data(), nullptr, EVP_sha256(),
                 nullptr) != 1) {
    throw openssl_error("cannot compute SHA-256");
  }
  return digest;
}

std::array<std::uint8_t, 20> sha1(std::string_view data) {
  std::array<std::uint8_t, 20> digest{};
  if (EVP_Digest(data.data(), data.size(), digest.data(), nullptr, EVP_sha1(),
                 nullptr) != 1) {
    throw openssl_error("cannot compute SHA-1");
  }
  return digest;
}

std::array<std::uint8_t, 32> hmac_sha256(std::span<const std::uint8_t> key,
                                         std::string_view data) {
  std::array<std::uint8_t, 32> tag{};
  if (HMAC(EVP_sha256(), key.data(), static_cast<int>(key.size()),
           reinterpret_cast<const unsigned char*>(data.data()), data.size(),
           tag.data(), nullptr) == nullptr) {
    throw openssl_error("cannot compute an HMAC");
  }
  return tag;
}

std::vector<std::uint8_t> hmac(HmacHash hash, std::span<const std::uint8_t> key,
                               std::string_view data) {
  std::vector<std::uint8_t> tag(EVP_MAX_MD_SIZE);
  unsigned int size = 0;
  if (HMAC(digest_of(hash), key.data(), static_cast<int>(key.size()),
           reinterpret_cast<const unsigned char*>(data.data()), data.size(),
           tag.data(), &size) == nullptr) {
    throw openssl_error("cannot compute an HMAC");
  }
  tag.resize(size);
  return tag;
}

bool are_same_secret(std::span<const std::uint8_t> one,
                     std::span<const std::uint8_t> other) noexcept {
  return one.size() == other.size() &&
         CRYPTO_memcmp(one.data(), other.data(), one.size()) == 0;
}

std::uint64_t siphash24(std::span<const std::uint8_t> data) {
  static constexpr std::array<unsigned char, 16> kZeroKey{};
  std::array<unsigned char, 8> tag{};
  std::size_t size = tag.size();  // the default would be 16
  const std::array<OSSL_PARAM, 2> params{
      OSSL_PARAM_construct_size_t(OSSL_MAC_PARAM_SIZE, &size),
      OSSL_PARAM_construct_end()};
  const EvpMacPtr mac(EVP_MAC_fetch(nullptr, OSSL_MAC_NAME_SIPHASH, nullptr));
  const EvpMacCtxPtr context(mac ? EVP_MAC_CTX_new(mac.get()) : nullptr);
  std::size_t written = 0;
  if (!context ||
      EVP_MAC_init(context.get(), kZeroKey.data(), kZeroKey.size(),
                   params.data()) != 1 ||
      EVP_MAC_update(context.get(), data.data(), data.size()) != 1 ||
      EVP_MAC_final(context.get(), tag.data(), &written, tag.size()) != 1 ||
      written != tag.size()) {
    throw openssl_error("cannot compute SipHash");
  }
  std::uint64_t value = 0;
  for (std::size_t i = tag.size(); i-- > 0;) {
    value = (value << 8) | tag[i];
  }
  return value;
}

}  // namespace acme
