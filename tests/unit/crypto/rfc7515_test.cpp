// SPDX-License-Identifier: BSD-2-Clause
// The signatures of RFC 7515's appendix A, byte for byte where the algorithm
// has no random part. (A.3, ES256, is in private_key_test.cpp.)
#include <gtest/gtest.h>
#include <openssl/core_names.h>
#include <openssl/param_build.h>

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "acme_core/crypto/base64url.h"
#include "acme_core/crypto/digest.h"
#include "acme_core/crypto/private_key.h"

namespace acme {
namespace {

// The payload of all examples.
constexpr std::string_view kPayload =
    "eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFt"
    "cGxlLmNvbS9pc19yb290Ijp0cnVlfQ";

// The key of A.2.1. Of its numbers OpenSSL needs these, and finds the others.
constexpr std::string_view kModulus =
    "ofgWCuLjybRlzo0tZWJjNiuSfb4p4fAkd_wWJcyQoTbji9k0l8W26mPddxHmfHQp"
    "-Vaw-4qPCJrcS2mJPMEzP1Pt0Bm4d4QlL-yRT-SFd2lZS-pCgNMsD1W_YpRPEwOW"
    "vG6b32690r2jZ47soMZo9wGzjb_7OMg0LOL-bSf63kpaSHSXndS5z5rexMdbBYUs"
    "LA9e-KXBdQOS-UTo7WTBEMa2R2CapHg665xsmtdVMTBQY4uDZlxvb3qCo5ZwKh9k"
    "G4LT6_I5IhlJH7aGhyxXFvUK-DWNmoudF8NAco9_h9iaGNj8q2ethFkMLs91kzk2"
    "PAcDTW9gb54h4FRWyuXpoQ";
constexpr std::string_view kPrivateExponent =
    "Eq5xpGnNCivDflJsRQBXHx1hdR1k6Ulwe2JZD50LpXyWPEAeP88vLNO97IjlA7_G"
    "Q5sLKMgvfTeXZx9SE-7YwVol2NXOoAJe46sui395IW_GO-pWJ1O0BkTGoVEn2bKV"
    "RUCgu-GjBVaYLU6f3l9kJfFNS3E0QbVdxzubSu3Mkqzjkn439X0M_V51gfpRLI9J"
    "YanrC4D4qAdGcopV_0ZHHzQlBjudU2QvXt4ehNYTCBr6XCLQUShb1juUO1ZdiYoF"
    "aFQT5Tw8bGUl_x_jTj3ccPDVZFD9pIuhLhBOneufuBiB4cS98l2SR_RQyGWSeWjn"
    "czT0QU91p1DhOVRuOopznQ";
constexpr std::string_view kFirstPrime =
    "4BzEEOtIpmVdVEZNCqS7baC4crd0pqnRH_5IB3jw3bcxGn6QLvnEtfdUdiYrqBds"
    "s1l58BQ3KhooKeQTa9AB0Hw_Py5PJdTJNPY8cQn7ouZ2KKDcmnPGBY5t7yLc1QlQ"
    "5xHdwW1VhvKn-nXqhJTBgIPgtldC-KDV5z-y2XDwGUc";
constexpr std::string_view kSecondPrime =
    "uQPEfgmVtjL0Uyyx88GZFF1fOunH3-7cepKmtH4pxhtCoHqpWmT8YAmZxaewHgHA"
    "jLYsp1ZSe7zFYHj7C6ul7TjeLQeZD_YwD66t62wDmpe_HlB-TnBA-njbglfIsRLt"
    "XlnDzQkv5dTltRJ11BKBBypeeF6689rjcJIDEz9RWdc";

std::string signing_input(const std::string& header) {
  return (header + ".").append(kPayload);
}

BignumPtr number(std::string_view text) {
  const auto bytes = base64url_decode(text).value();
  return BignumPtr(
      BN_bin2bn(bytes.data(), static_cast<int>(bytes.size()), nullptr));
}

// (x^-1 mod y), (x mod (y - 1)): what a PKCS #1 key has besides.
BignumPtr inverse(const BIGNUM& x, const BIGNUM& y, BN_CTX& context) {
  return BignumPtr(BN_mod_inverse(nullptr, &x, &y, &context));
}
BignumPtr exponent(const BIGNUM& x, const BIGNUM& prime, BN_CTX& context) {
  const BignumPtr less(BN_dup(&prime));
  BignumPtr result(BN_new());
  EXPECT_EQ(BN_sub_word(less.get(), 1), 1);
  EXPECT_EQ(BN_mod(result.get(), &x, less.get(), &context), 1);
  return result;
}

std::optional<PrivateKey> rsa_key() {
  const std::unique_ptr<BN_CTX, OpensslDeleter<BN_CTX_free>> context(
      BN_CTX_new());
  const BignumPtr d = number(kPrivateExponent);
  const BignumPtr p = number(kFirstPrime);
  const BignumPtr q = number(kSecondPrime);
  std::vector<std::pair<const char*, BignumPtr>> numbers;
  numbers.emplace_back(OSSL_PKEY_PARAM_RSA_N, number(kModulus));
  numbers.emplace_back(OSSL_PKEY_PARAM_RSA_E, number("AQAB"));
  numbers.emplace_back(OSSL_PKEY_PARAM_RSA_D, number(kPrivateExponent));
  numbers.emplace_back(OSSL_PKEY_PARAM_RSA_FACTOR1, number(kFirstPrime));
  numbers.emplace_back(OSSL_PKEY_PARAM_RSA_FACTOR2, number(kSecondPrime));
  numbers.emplace_back(OSSL_PKEY_PARAM_RSA_EXPONENT1,
                       exponent(*d, *p, *context));
  numbers.emplace_back(OSSL_PKEY_PARAM_RSA_EXPONENT2,
                       exponent(*d, *q, *context));
  numbers.emplace_back(OSSL_PKEY_PARAM_RSA_COEFFICIENT1,
                       inverse(*q, *p, *context));
  const std::unique_ptr<OSSL_PARAM_BLD, OpensslDeleter<OSSL_PARAM_BLD_free>>
      builder(OSSL_PARAM_BLD_new());
  for (const auto& [name, value] : numbers) {
    EXPECT_EQ(OSSL_PARAM_BLD_push_BN(builder.get(), name, value.get()), 1);
  }
  const std::unique_ptr<OSSL_PARAM, OpensslDeleter<OSSL_PARAM_free>> params(
      OSSL_PARAM_BLD_to_param(builder.get()));
  const EvpPkeyCtxPtr maker(
      EVP_PKEY_CTX_new_from_name(nullptr, "RSA", nullptr));
  EVP_PKEY* key = nullptr;
  EXPECT_EQ(EVP_PKEY_fromdata_init(maker.get()), 1);
  EXPECT_EQ(
      EVP_PKEY_fromdata(maker.get(), &key, EVP_PKEY_KEYPAIR, params.get()), 1);
  const EvpPkeyPtr owner(key);
  unsigned char* der = nullptr;
  const int size = i2d_PrivateKey(key, &der);
  const OpensslMemoryPtr<unsigned char> der_owner(der);
  return PrivateKey::from_der({der, static_cast<std::size_t>(size)});
}

TEST(Rfc7515, AppendixA1IsReproducedWithHs256) {
  const auto key = base64url_decode(
      "AyM1SysPpbyDfgZld3umj1qzKObwVMkoqQ-EstJQLr_T-1qS0gZH75aKtMN3Yj0iPS4hcgUu"
      "TwjAzZr1Z9CAow");
  ASSERT_TRUE(key);
  EXPECT_EQ(
      base64url_encode(hmac_sha256(
          *key, signing_input("eyJ0eXAiOiJKV1QiLA0KICJhbGciOiJIUzI1NiJ9"))),
      "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk");
}

TEST(Rfc7515, AppendixA2IsReproducedWithRs256) {
  const auto key = rsa_key();
  ASSERT_TRUE(key);
  EXPECT_EQ(key->jws_algorithm(), "RS256");
  EXPECT_EQ(key->jwk(), "{\"e\":\"AQAB\",\"kty\":\"RSA\",\"n\":\"" +
                            std::string(kModulus) + "\"}");
  EXPECT_EQ(base64url_encode(key->sign(signing_input("eyJhbGciOiJSUzI1NiJ9"))),
            "cC4hiUPoj9Eetdgtv3hF80EGrhuB__dzERat0XF9g2VtQgr9PJbu3XOiZj5RZmh7"
            "AAuHIm4Bh-0Qc_lF5YKt_O8W2Fp5jujGbds9uJdbF9CUAr7t1dnZcAcQjbKBYNX4"
            "BAynRFdiuB--f_nZLgrnbyTyWzO75vRK5h6xBArLIARNPvkSjtQBMHlb1L07Qe7K"
            "0GarZRmB_eSN9383LcOLn6_dO--xi12jzDwusC-eOkHWEsqtFZESc6BfI7noOPqv"
            "hJ1phCnvWh6IeYI2w9QOYEUipUTI8np6LbgGY9Fs98rqVt5AXLIhWkWywlVmtVrB"
            "p0igcN_IoypGlUPQGe77Rw");
}

}  // namespace
}  // namespace acme
