// SPDX-License-Identifier: BSD-2-Clause
// Private keys: files, signatures and JWKs.
#include "acme_core/crypto/private_key.h"

#include <gtest/gtest.h>
#include <openssl/err.h>

#include <map>
#include <ostream>
#include <string>
#include <string_view>

#include "acme_core/crypto/base64url.h"
#include "acme_core/crypto/digest.h"
#include "tests/support/jose_signature.h"
#include "tests/support/test_name.h"

namespace acme {
namespace {

using Bytes = std::vector<std::uint8_t>;

constexpr KeyType kAllTypes[] = {KeyType::kEcdsa256, KeyType::kEcdsa384,
                                 KeyType::kEcdsa521, KeyType::kRsa2048,
                                 KeyType::kRsa3072,  KeyType::kRsa4096};

// The key of RFC 7515 appendix A.3.1.
constexpr std::string_view kRfcX =
    "f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU";
constexpr std::string_view kRfcY =
    "x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0";
constexpr std::string_view kRfcD =
    "jpsQnnGQmL-YBIffH1136cspYG6-0iY7X1fCE9-E9LI";

Bytes concat(std::initializer_list<Bytes> parts) {
  Bytes all;
  for (const Bytes& part : parts) {
    all.insert(all.end(), part.begin(), part.end());
  }
  return all;
}

// A SEC1 ECPrivateKey on P-256 (RFC 5915 section 3), with the public key when
// x and y are given. Short enough that every length is one byte.
Bytes sec1(std::string_view d, std::string_view x = {},
           std::string_view y = {}) {
  const Bytes version{0x02, 0x01, 0x01, 0x04, 0x20};
  const Bytes curve{0xa0, 0x0a, 0x06, 0x08, 0x2a, 0x86,
                    0x48, 0xce, 0x3d, 0x03, 0x01, 0x07};
  Bytes body = concat({version, *base64url_decode(d), curve});
  if (!x.empty()) {
    body = concat({body,
                   {0xa1, 0x44, 0x03, 0x42, 0x00, 0x04},
                   *base64url_decode(x),
                   *base64url_decode(y)});
  }
  return concat({{0x30, static_cast<std::uint8_t>(body.size())}, body});
}

std::optional<PrivateKey> from_pem(std::string_view pem) {
  return PrivateKey::from_pem(
      {reinterpret_cast<const std::uint8_t*>(pem.data()), pem.size()});
}

std::string contents(const BioPtr& bio) {
  char* text = nullptr;
  const long length = BIO_get_mem_data(bio.get(), &text);
  return {text, static_cast<std::size_t>(length)};
}

std::string pkcs8_pem(EVP_PKEY* key, const EVP_CIPHER* cipher = nullptr,
                      std::string pass_phrase = {}) {
  const BioPtr bio(BIO_new(BIO_s_mem()));
  EXPECT_EQ(PEM_write_bio_PKCS8PrivateKey(
                bio.get(), key, cipher, pass_phrase.data(),
                static_cast<int>(pass_phrase.size()), nullptr, nullptr),
            1);
  return contents(bio);
}

std::string traditional_pem(EVP_PKEY* key, const EVP_CIPHER* cipher = nullptr) {
  const BioPtr bio(BIO_new(BIO_s_mem()));
  EXPECT_EQ(
      PEM_write_bio_PrivateKey_traditional(
          bio.get(), key, cipher,
          reinterpret_cast<const unsigned char*>("pass"), 4, nullptr, nullptr),
      1);
  return contents(bio);
}

template <typename... Arguments>
std::string foreign_key(const char* type, Arguments... arguments) {
  const EvpPkeyPtr key(EVP_PKEY_Q_keygen(nullptr, nullptr, type, arguments...));
  EXPECT_TRUE(key) << type;
  return pkcs8_pem(key.get());
}

class EveryKeyType : public ::testing::TestWithParam<KeyType> {
 protected:
  // One for all tests of a type: large RSA keys take a second to find.
  static const PrivateKey& generated(KeyType type) {
    static std::map<KeyType, PrivateKey> keys;
    auto found = keys.find(type);
    if (found == keys.end()) {
      found = keys.emplace(type, PrivateKey::generate(type)).first;
    }
    return found->second;
  }

  const PrivateKey& key_ = generated(GetParam());
};

INSTANTIATE_TEST_SUITE_P(PrivateKey, EveryKeyType,
                         ::testing::ValuesIn(kAllTypes),
                         [](const auto& parameter) {
                           return test_name(to_string(parameter.param));
                         });

TEST_P(EveryKeyType, ComesBackFromPemAndDer) {
  const SecretBytes pem = key_.to_pem();
  EXPECT_EQ(std::string(pem.begin(), pem.begin() + 28),
            "-----BEGIN PRIVATE KEY-----\n");
  const auto from_text = PrivateKey::from_pem(pem);
  const auto from_binary = PrivateKey::from_der(key_.to_der());
  ASSERT_TRUE(from_text);
  ASSERT_TRUE(from_binary);
  EXPECT_EQ(from_text->type(), GetParam());
  EXPECT_EQ(from_binary->type(), GetParam());
  EXPECT_EQ(EVP_PKEY_eq(from_text->get(), key_.get()), 1);
  EXPECT_EQ(EVP_PKEY_eq(from_binary->get(), key_.get()), 1);
}

TEST_P(EveryKeyType, IsReadInItsTraditionalFormToo) {
  const auto key = from_pem(traditional_pem(key_.get()));
  ASSERT_TRUE(key);
  EXPECT_EQ(key->jwk(), key_.jwk());
}

TEST_P(EveryKeyType, SignsAsJoseWants) {
  for (int i = 0; i < 3; ++i) {
    EXPECT_TRUE(is_jose_signature(key_, "some text", key_.sign("some text")));
  }
  EXPECT_FALSE(is_jose_signature(key_, "another", key_.sign("some text")));
  EXPECT_TRUE(is_jose_signature(key_, "", key_.sign("")));
}

TEST_P(EveryKeyType, IsRefusedWhenEncryptedWithoutAskingForAPassPhrase) {
  EXPECT_FALSE(from_pem(pkcs8_pem(key_.get(), EVP_aes_128_cbc(), "pass")));
  EXPECT_FALSE(from_pem(pkcs8_pem(key_.get(), EVP_aes_128_cbc(), "")));
  EXPECT_FALSE(from_pem(traditional_pem(key_.get(), EVP_aes_128_cbc())));
  EXPECT_EQ(ERR_peek_error(), 0U);
}

TEST(KeyType, IsSpeltAsInTheConfiguration) {
  EXPECT_EQ(to_string(KeyType::kEcdsa256), "ecdsa:256");
  EXPECT_EQ(to_string(KeyType::kEcdsa384), "ecdsa:384");
  EXPECT_EQ(to_string(KeyType::kEcdsa521), "ecdsa:521");
  EXPECT_EQ(to_string(KeyType::kRsa2048), "rsa:2048");
  EXPECT_EQ(to_string(KeyType::kRsa3072), "rsa:3072");
  EXPECT_EQ(to_string(KeyType::kRsa4096), "rsa:4096");
  EXPECT_EQ(key_bits(KeyType::kEcdsa521), 521U);
  EXPECT_EQ(key_bits(KeyType::kRsa3072), 3072U);
  EXPECT_TRUE(is_ecdsa(KeyType::kEcdsa521));
  EXPECT_FALSE(is_ecdsa(KeyType::kRsa2048));
}

TEST(PrivateKey, NamesItsJoseAlgorithm) {
  const auto algorithm = [](KeyType type) {
    return std::string(PrivateKey::generate(type).jws_algorithm());
  };
  EXPECT_EQ(algorithm(KeyType::kEcdsa256), "ES256");
  EXPECT_EQ(algorithm(KeyType::kEcdsa384), "ES384");
  EXPECT_EQ(algorithm(KeyType::kEcdsa521), "ES512");
  EXPECT_EQ(algorithm(KeyType::kRsa2048), "RS256");
}

TEST(PrivateKey, WritesTheKeyOfRfc7515AsItsJwk) {
  const std::string expected = "{\"crv\":\"P-256\",\"kty\":\"EC\",\"x\":\"" +
                               std::string(kRfcX) + "\",\"y\":\"" +
                               std::string(kRfcY) + "\"}";
  const auto key = PrivateKey::from_der(sec1(kRfcD, kRfcX, kRfcY));
  ASSERT_TRUE(key);
  EXPECT_EQ(key->jwk(), expected);
  // printf '{"crv":"P-256","kty":"EC","x":"f83O…","y":"x_FE…"}' |
  //   openssl dgst -sha256 -binary | basenc --base64url
  EXPECT_EQ(key->thumbprint(), "oKIywvGUpTVTyxMQ3bwIIeQUudfr_CkLMjCE19ECD-U");
}

TEST(PrivateKey, AgreesWithTheSignatureOfRfc7515AppendixA3) {
  const auto key = PrivateKey::from_der(sec1(kRfcD, kRfcX, kRfcY));
  ASSERT_TRUE(key);
  const auto signature = base64url_decode(
      "DtEhU3ljbEg8L38VWAfUAqOyKAM6-Xx-F4GawxaepmXFCgfTjDxw5djxLa8ISlSApmWQxfKT"
      "UJqPP3-Kg6NU1Q");
  ASSERT_TRUE(signature);
  EXPECT_TRUE(is_jose_signature(
      *key,
      "eyJhbGciOiJFUzI1NiJ9.eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogIm"
      "h0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ",
      *signature));
}

TEST(PrivateKey, ComputesAPublicKeyThatTheFileLeftOut) {
  const auto bare = PrivateKey::from_der(sec1(kRfcD));
  const auto full = PrivateKey::from_der(sec1(kRfcD, kRfcX, kRfcY));
  ASSERT_TRUE(bare);
  ASSERT_TRUE(full);
  EXPECT_EQ(bare->jwk(), full->jwk());
}

TEST(PrivateKey, RefusesAPublicKeyThatIsNotItsOwn) {
  const std::string jwk = PrivateKey::generate(KeyType::kEcdsa256).jwk();
  const std::string x = jwk.substr(jwk.find("\"x\":\"") + 5, 43);
  const std::string y = jwk.substr(jwk.find("\"y\":\"") + 5, 43);
  EXPECT_FALSE(PrivateKey::from_der(sec1(kRfcD, x, y)));
  EXPECT_EQ(ERR_peek_error(), 0U);
}

TEST(PrivateKey, KeepsLeadingZeroBytesOfCoordinates) {
  // Each coordinate begins with a zero byte once in 256 keys.
  for (int i = 0; i < 100'000; ++i) {
    const std::string jwk = PrivateKey::generate(KeyType::kEcdsa256).jwk();
    const std::string x = jwk.substr(jwk.find("\"x\":\"") + 5, 43);
    const std::string y = jwk.substr(jwk.find("\"y\":\"") + 5, 43);
    const auto x_bytes = base64url_decode(x);
    const auto y_bytes = base64url_decode(y);
    ASSERT_TRUE(x_bytes && x_bytes->size() == 32) << jwk;
    ASSERT_TRUE(y_bytes && y_bytes->size() == 32) << jwk;
    if (x_bytes->front() == 0 || y_bytes->front() == 0) {
      return;
    }
  }
  FAIL() << "no key with a leading zero byte";
}

TEST(PrivateKey, KeepsLeadingZeroBytesOfSignatures) {
  const PrivateKey key = PrivateKey::generate(KeyType::kEcdsa256);
  for (int i = 0; i < 100'000; ++i) {
    const auto signature = key.sign("text");
    ASSERT_EQ(signature.size(), 64U);
    if (signature[0] == 0 || signature[32] == 0) {
      EXPECT_TRUE(is_jose_signature(key, "text", signature));
      return;
    }
  }
  FAIL() << "no signature with a leading zero byte";
}

TEST(PrivateKey, WritesAnRsaKeyWithTheRequiredMembersInOrder) {
  const PrivateKey key = PrivateKey::generate(KeyType::kRsa2048);
  const std::string jwk = key.jwk();
  EXPECT_EQ(jwk.rfind(R"({"e":"AQAB","kty":"RSA","n":")", 0), 0U) << jwk;
  // 256 bytes without a zero in front (RFC 7518 section 2, Base64urlUInt).
  EXPECT_EQ(jwk.size(), 29U + 342U + 2U);
  EXPECT_EQ(key.thumbprint(), base64url_encode(sha256(jwk)));
}

TEST(PrivateKey, IsFoundBehindCurveParametersAndComments) {
  // openssl ecparam -name prime256v1 -genkey
  const PrivateKey key = PrivateKey::generate(KeyType::kEcdsa256);
  const auto read = from_pem(
      "made by hand\n"
      "-----BEGIN EC PARAMETERS-----\nBggqhkjOPQMBBw==\n"
      "-----END EC PARAMETERS-----\n" +
      traditional_pem(key.get()));
  ASSERT_TRUE(read);
  EXPECT_EQ(read->jwk(), key.jwk());
}

TEST(PrivateKey, RefusesKeysOfOtherTypes) {
  EXPECT_FALSE(from_pem(foreign_key("ED25519")));
  EXPECT_FALSE(from_pem(foreign_key("X25519")));
  EXPECT_FALSE(from_pem(foreign_key("EC", "secp256k1")));
  EXPECT_FALSE(from_pem(foreign_key("EC", "P-224")));
  EXPECT_FALSE(from_pem(foreign_key("RSA", std::size_t{1024})));
  EXPECT_FALSE(from_pem(foreign_key("RSA", std::size_t{2056})));
  EXPECT_EQ(ERR_peek_error(), 0U);
}

TEST(PrivateKey, RefusesWhatIsNoKey) {
  const PrivateKey key = PrivateKey::generate(KeyType::kEcdsa256);
  const std::string pem = pkcs8_pem(key.get());
  const std::string cases[] = {
      "",
      "\n",
      "text",
      pem.substr(0, pem.size() / 2),
      pem.substr(28),
      "-----BEGIN PRIVATE KEY-----\n-----END PRIVATE KEY-----\n",
      "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n",
      std::string(10'000, '\0')};
  for (const std::string& text : cases) {
    EXPECT_FALSE(from_pem(text)) << text;
    EXPECT_FALSE(PrivateKey::from_der(
        {reinterpret_cast<const std::uint8_t*>(text.data()), text.size()}))
        << text;
    EXPECT_EQ(ERR_peek_error(), 0U) << text;
  }
}

TEST(PrivateKey, RefusesDerWithSomethingBehindIt) {
  SecretBytes der = PrivateKey::generate(KeyType::kEcdsa256).to_der();
  EXPECT_TRUE(PrivateKey::from_der(der));
  der.push_back(0);
  EXPECT_FALSE(PrivateKey::from_der(der));
  der.resize(der.size() - 2);
  EXPECT_FALSE(PrivateKey::from_der(der));
  EXPECT_EQ(ERR_peek_error(), 0U);
}

TEST(PrivateKey, RefusesAPublicKey) {
  const PrivateKey key = PrivateKey::generate(KeyType::kEcdsa256);
  const BioPtr bio(BIO_new(BIO_s_mem()));
  ASSERT_EQ(PEM_write_bio_PUBKEY(bio.get(), key.get()), 1);
  EXPECT_FALSE(from_pem(contents(bio)));
}

}  // namespace
}  // namespace acme
