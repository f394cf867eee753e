// SPDX-License-Identifier: BSD-2-Clause
// Private keys of accounts and certificates, by OpenSSL.
#include "acme_core/crypto/private_key.h"

#include <openssl/core_names.h>
#include <openssl/ec.h>

#include <algorithm>
#include <array>
#include <limits>

#include "acme_core/crypto/base64url.h"
#include "acme_core/crypto/der.h"
#include "acme_core/crypto/digest.h"

namespace acme {
namespace {

/// What differs between the types. `curve` is empty for RSA; `coordinate` is
/// the width in bytes of a coordinate and of each half of a signature.
struct KeyTraits {
  KeyType type;
  std::string_view name;
  unsigned bits;
  const char* group;       // OpenSSL's name of the curve
  std::string_view curve;  // JOSE's name of the curve
  std::string_view algorithm;
  const EVP_MD* (*digest)();
  std::size_t coordinate;
};

constexpr std::array<KeyTraits, 6> kTraits{{
    {KeyType::kEcdsa256, "ecdsa:256", 256, "prime256v1", "P-256", "ES256",
     EVP_sha256, 32},
    {KeyType::kEcdsa384, "ecdsa:384", 384, "secp384r1", "P-384", "ES384",
     EVP_sha384, 48},
    {KeyType::kEcdsa521, "ecdsa:521", 521, "secp521r1", "P-521", "ES512",
     EVP_sha512, 66},
    {KeyType::kRsa2048, "rsa:2048", 2048, nullptr, "", "RS256", EVP_sha256, 0},
    {KeyType::kRsa3072, "rsa:3072", 3072, nullptr, "", "RS256", EVP_sha256, 0},
    {KeyType::kRsa4096, "rsa:4096", 4096, nullptr, "", "RS256", EVP_sha256, 0},
}};

// The table is in the enumeration's order.
const KeyTraits& traits(KeyType type) noexcept {
  return kTraits[static_cast<std::size_t>(type)];
}

// Keys with a pass phrase are refused. Without this OpenSSL would ask for it
// on the terminal.
int no_pass_phrase(char*, int, int, void*) noexcept { return -1; }

// OpenSSL asks for at most `size` bytes.
int give_pass_phrase(char* buffer, int size, int, void* argument) noexcept {
  const auto& pass_phrase = *static_cast<const SecretBytes*>(argument);
  if (size < 0 || pass_phrase.size() > static_cast<std::size_t>(size)) {
    return -1;
  }
  std::copy(pass_phrase.begin(), pass_phrase.end(), buffer);
  return static_cast<int>(pass_phrase.size());
}

std::string group_name(const EVP_PKEY* key) {
  std::array<char, 64> name{};
  if (EVP_PKEY_get_group_name(key, name.data(), name.size(), nullptr) != 1) {
    return {};
  }
  return name.data();
}

std::optional<KeyType> type_of(const EVP_PKEY* key) {
  const bool is_ec = EVP_PKEY_is_a(key, "EC") == 1;
  if (!is_ec && EVP_PKEY_is_a(key, "RSA") != 1) {
    return std::nullopt;
  }
  const std::string group = is_ec ? group_name(key) : std::string();
  const auto bits = static_cast<unsigned>(EVP_PKEY_get_bits(key));
  const auto found = std::find_if(
      kTraits.begin(), kTraits.end(), [&](const KeyTraits& candidate) {
        return is_ec ? candidate.group != nullptr && group == candidate.group
                     : candidate.group == nullptr && bits == candidate.bits;
      });
  if (found == kTraits.end()) {
    return std::nullopt;
  }
  return found->type;
}

// An EC key file may carry a public key that is not that of its private part;
// OpenSSL believes it, and so would everybody who compares public keys only.
// (For RSA the check includes primality tests: too slow for every load.)
bool is_consistent(EVP_PKEY* key) {
  if (EVP_PKEY_is_a(key, "EC") != 1) {
    return true;
  }
  const EvpPkeyCtxPtr context(
      EVP_PKEY_CTX_new_from_pkey(nullptr, key, nullptr));
  return context && EVP_PKEY_pairwise_check(context.get()) == 1;
}

// BIO_new_mem_buf and d2i take signed lengths.
bool fits(std::span<const std::uint8_t> data) noexcept {
  return data.size() <= std::size_t{std::numeric_limits<int>::max()};
}

// Null: it is none, or too large, or has another pass phrase.
EvpPkeyPtr read_pem(std::span<const std::uint8_t> pem,
                    pem_password_cb* pass_phrase, void* argument) {
  if (!fits(pem)) {
    return nullptr;
  }
  const BioPtr bio(BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())));
  return EvpPkeyPtr(
      bio ? PEM_read_bio_PrivateKey(bio.get(), nullptr, pass_phrase, argument)
          : nullptr);
}

// Big-endian with leading zeros up to `width`; 0 means as short as it gets.
std::vector<std::uint8_t> to_bytes(const BIGNUM& number, std::size_t width) {
  if (width == 0) {
    width = static_cast<std::size_t>(BN_num_bytes(&number));
  }
  std::vector<std::uint8_t> bytes(width);
  if (BN_bn2binpad(&number, bytes.data(), static_cast<int>(width)) < 0) {
    throw openssl_error("a number is too large for its key type");
  }
  return bytes;
}

std::string public_number(const EVP_PKEY* key, const char* name,
                          std::size_t width) {
  BIGNUM* number = nullptr;
  const int found = EVP_PKEY_get_bn_param(key, name, &number);
  const BignumPtr owner(number);
  if (found != 1) {
    throw openssl_error("cannot read a public key");
  }
  return base64url_encode(to_bytes(*number, width));
}

// OpenSSL signs in DER; JOSE wants r and s side by side (RFC 7518 3.4).
std::vector<std::uint8_t> to_raw_signature(std::span<const std::uint8_t> der,
                                           std::size_t width) {
  const unsigned char* position = der.data();
  const EcdsaSigPtr signature(
      d2i_ECDSA_SIG(nullptr, &position, static_cast<long>(der.size())));
  if (!signature) {
    throw openssl_error("cannot read a signature");
  }
  std::vector<std::uint8_t> raw =
      to_bytes(*ECDSA_SIG_get0_r(signature.get()), width);
  const std::vector<std::uint8_t> s =
      to_bytes(*ECDSA_SIG_get0_s(signature.get()), width);
  raw.insert(raw.end(), s.begin(), s.end());
  return raw;
}

// PKCS #8.
SecretBytes encoded(const EVP_PKEY* key) {
  const OpensslErrorScope errors;
  const Pkcs8Ptr pkcs8(EVP_PKEY2PKCS8(key));
  const int length = pkcs8 ? i2d_PKCS8_PRIV_KEY_INFO(pkcs8.get(), nullptr) : -1;
  if (length <= 0) {
    throw openssl_error("cannot write a private key");
  }
  SecretBytes der(static_cast<std::size_t>(length));
  unsigned char* position = der.data();
  if (i2d_PKCS8_PRIV_KEY_INFO(pkcs8.get(), &position) != length) {
    throw openssl_error("cannot write a private key");
  }
  return der;
}

}  // namespace

std::string_view to_string(KeyType type) noexcept { return traits(type).name; }

unsigned key_bits(KeyType type) noexcept { return traits(type).bits; }

bool is_ecdsa(KeyType type) noexcept { return traits(type).group != nullptr; }

PrivateKey PrivateKey::generate(KeyType type) {
  const OpensslErrorScope errors;
  EvpPkeyPtr key(
      is_ecdsa(type)
          ? EVP_PKEY_Q_keygen(nullptr, nullptr, "EC", traits(type).group)
          : EVP_PKEY_Q_keygen(nullptr, nullptr, "RSA",
                              static_cast<std::size_t>(key_bits(type))));
  if (!key) {
    throw openssl_error("cannot generate a key of type " +
                        std::string(to_string(type)));
  }
  return {std::move(key), type};
}

std::optional<PrivateKey> PrivateKey::from_pem(
    std::span<const std::uint8_t> pem) {
  const OpensslErrorScope errors;
  return adopt(read_pem(pem, no_pass_phrase, nullptr));
}

std::optional<PrivateKey> PrivateKey::from_encrypted_pem(
    std::span<const std::uint8_t> pem, const SecretBytes& pass_phrase) {
  const OpensslErrorScope errors;
  SecretBytes secret = pass_phrase;
  return adopt(read_pem(pem, give_pass_phrase, &secret));
}

std::optional<PrivateKey> PrivateKey::from_der(
    std::span<const std::uint8_t> der) {
  const OpensslErrorScope errors;
  if (!fits(der)) {
    return std::nullopt;
  }
  EvpPkeyPtr key = take_private_key(der);
  return der.empty() ? adopt(std::move(key)) : std::nullopt;
}

std::optional<PrivateKey> PrivateKey::adopt(EvpPkeyPtr key) {
  if (!key) {
    return std::nullopt;
  }
  const auto type = type_of(key.get());
  if (!type || !is_consistent(key.get())) {
    return std::nullopt;
  }
  return PrivateKey(std::move(key), *type);
}

PrivateKey PrivateKey::copy() const {
  if (EVP_PKEY_up_ref(key_.get()) != 1) {
    throw openssl_error("cannot copy a private key");
  }
  return {EvpPkeyPtr(key_.get()), type_, encoding_};
}

SecretBytes PrivateKey::to_pem() const {
  const OpensslErrorScope errors;
  const BioPtr bio(BIO_new(BIO_s_secmem()));
  const SecretBytes& bytes = der();
  if (!bio || PEM_write_bio(bio.get(), PEM_STRING_PKCS8INF, "", bytes.data(),
                            static_cast<long>(bytes.size())) <= 0) {
    throw openssl_error("cannot write a private key");
  }
  char* text = nullptr;
  const long length = BIO_get_mem_data(bio.get(), &text);
  return {text, text + length};
}

SecretBytes PrivateKey::to_der() const { return der(); }

const SecretBytes& PrivateKey::der() const {
  std::call_once(encoding_->once,
                 [this] { encoding_->der = encoded(key_.get()); });
  return encoding_->der;
}

std::vector<std::uint8_t> PrivateKey::sign(std::string_view data) const {
  const OpensslErrorScope errors;
  const EvpMdCtxPtr context(EVP_MD_CTX_new());
  const auto* bytes = reinterpret_cast<const unsigned char*>(data.data());
  std::size_t length = 0;
  if (!context ||
      EVP_DigestSignInit(context.get(), nullptr, traits(type_).digest(),
                         nullptr, key_.get()) != 1 ||
      EVP_DigestSign(context.get(), nullptr, &length, bytes, data.size()) !=
          1) {
    throw openssl_error("cannot sign");
  }
  std::vector<std::uint8_t> signature(length);
  if (EVP_DigestSign(context.get(), signature.data(), &length, bytes,
                     data.size()) != 1) {
    throw openssl_error("cannot sign");
  }
  signature.resize(length);
  return is_ecdsa(type_) ? to_raw_signature(signature, traits(type_).coordinate)
                         : signature;
}

const EVP_MD* PrivateKey::digest() const noexcept {
  return traits(type_).digest();
}

std::string_view PrivateKey::jws_algorithm() const noexcept {
  return traits(type_).algorithm;
}

std::string PrivateKey::jwk() const {
  const OpensslErrorScope errors;
  if (!is_ecdsa(type_)) {
    return "{\"e\":\"" + public_number(key_.get(), OSSL_PKEY_PARAM_RSA_E, 0) +
           "\",\"kty\":\"RSA\",\"n\":\"" +
           public_number(key_.get(), OSSL_PKEY_PARAM_RSA_N, 0) + "\"}";
  }
  const std::size_t width = traits(type_).coordinate;
  return "{\"crv\":\"" + std::string(traits(type_).curve) +
         "\",\"kty\":\"EC\",\"x\":\"" +
         public_number(key_.get(), OSSL_PKEY_PARAM_EC_PUB_X, width) +
         "\",\"y\":\"" +
         public_number(key_.get(), OSSL_PKEY_PARAM_EC_PUB_Y, width) + "\"}";
}

std::string PrivateKey::thumbprint() const {
  return base64url_encode(sha256(jwk()));
}

}  // namespace acme
