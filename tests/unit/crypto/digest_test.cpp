// SPDX-License-Identifier: BSD-2-Clause
// Digests, against published and computed vectors.
#include "acme_core/crypto/digest.h"

#include <gtest/gtest.h>

#include <array>
#include <string>
#include <vector>

#include "acme_core/crypto/base64url.h"

namespace acme {
namespace {

TEST(Sha256, AgreesWithFips180) {
  // printf abc | openssl dgst -sha256 -binary | basenc --base64url
  EXPECT_EQ(base64url_encode(sha256("abc")),
            "ungWv48Bz-pBQUDeXa4iI7ADYaOWF3qctBD_YfIAFa0");
  EXPECT_EQ(base64url_encode(sha256("")),
            "47DEQpj8HBSa-_TImW-5JCeuQeRkm5NMpJWZG3hSuFU");
}

TEST(Sha1, AgreesWithFips180) {
  // printf abc | openssl dgst -sha1 -binary | basenc --base64url
  EXPECT_EQ(base64url_encode(sha1("abc")), "qZk-NkcGgWq6PiVxeFDCbJzQ2J0");
}

// RFC 7638 section 3.1: its RSA key in canonical form, and the thumbprint.
TEST(Sha256, MakesTheThumbprintOfRfc7638) {
  EXPECT_EQ(
      base64url_encode(sha256(
          R"({"e":"AQAB","kty":"RSA","n":"0vx7agoebGcQSuuPiLJXZptN9nndrQmbXEps2)"
          R"(aiAFbWhM78LhWx4cbbfAAtVT86zwu1RK7aPFFxuhDR1L6tSoc_BJECPebWKRXjBZCi)"
          R"(FV4n3oknjhMstn64tZ_2W-5JsGY4Hc5n9yBXArwl93lqt7_RN5w6Cf0h4QyQ5v-65Y)"
          R"(GjQR0_FDW2QvzqY368QQMicAtaSqzs8KJZgnYb9c7d0zgdAZHzu6qMQvRL5hajrn1n)"
          R"(91CbOpbISD08qNLyrdkt-bFTWhAI4vMQFh6WeZu0fM4lFd2NcRwr3XPksINHaQ-G_x)"
          R"(BniIqbw0Ls1jF44-csFCur-kEgU8awapJzKnqDKgw"})")),
      "NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs");
}

// RFC 4231 test cases 1, 2 and 6 (a key longer than a block).
TEST(HmacSha256, AgreesWithRfc4231) {
  const auto hex = [](const std::array<std::uint8_t, 32>& tag) {
    std::string text;
    for (const std::uint8_t byte : tag) {
      text += "0123456789abcdef"[byte >> 4];
      text += "0123456789abcdef"[byte & 15];
    }
    return text;
  };
  const auto mac = [&](const std::vector<std::uint8_t>& key,
                       std::string_view data) {
    return hex(hmac_sha256(key, data));
  };
  EXPECT_EQ(mac(std::vector<std::uint8_t>(20, 0x0b), "Hi There"),
            "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7");
  EXPECT_EQ(mac({'J', 'e', 'f', 'e'}, "what do ya want for nothing?"),
            "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
  EXPECT_EQ(mac(std::vector<std::uint8_t>(131, 0xaa),
                "Test Using Larger Than Block-Size Key - Hash Key First"),
            "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54");
}

// RFC 2104 section 2: a short key is filled up with zeros.
TEST(HmacSha256, TakesAnEmptyKey) {
  EXPECT_EQ(hmac_sha256({}, "text"),
            hmac_sha256(std::vector<std::uint8_t>(64, 0), "text"));
}

// Reference: the algorithm of the SipHash paper (Aumasson, Bernstein 2012)
// with 2 and 4 rounds and k0 = k1 = 0, in Python:
//
//   M = (1 << 64) - 1
//   def rotl(x, b): return ((x << b) | (x >> (64 - b))) & M
//   def rnd(v):
//     v[0] = (v[0]+v[1]) & M; v[1] = rotl(v[1],13) ^ v[0]; v[0] = rotl(v[0],32)
//     v[2] = (v[2]+v[3]) & M; v[3] = rotl(v[3],16) ^ v[2]
//     v[0] = (v[0]+v[3]) & M; v[3] = rotl(v[3],21) ^ v[0]
//     v[2] = (v[2]+v[1]) & M; v[1] = rotl(v[1],17) ^ v[2]; v[2] = rotl(v[2],32)
//   def sip(k0, k1, m):
//     v = [k0^0x736f6d6570736575, k1^0x646f72616e646f6d,
//          k0^0x6c7967656e657261, k1^0x7465646279746573]
//     m += bytes((-len(m) - 1) % 8) + bytes([len(m) & 255])
//     for i in range(0, len(m), 8):
//       w = int.from_bytes(m[i:i+8], 'little')
//       v[3] ^= w; rnd(v); rnd(v); v[0] ^= w
//     v[2] ^= 255
//     for _ in range(4): rnd(v)
//     return v[0] ^ v[1] ^ v[2] ^ v[3]
//
// which gives the paper's 0xa129ca6149be45e5 for key 00..0f, message 00..0e.
TEST(Siphash24, AgreesWithTheReferenceForAZeroKey) {
  std::vector<std::uint8_t> message;
  EXPECT_EQ(siphash24(message), 0x1e924b9d737700d7U);
  for (std::uint8_t i = 0; i < 15; ++i) {
    message.push_back(i);
  }
  EXPECT_EQ(siphash24(message), 0xd0567cd44e891363U);
  message.resize(1000, 0xab);
  EXPECT_EQ(siphash24(message), 0x575e896ac1f6b3a6U);
}

// RFC 4231 test case 1.
TEST(Hmac, AgreesWithRfc4231) {
  const std::vector<std::uint8_t> key(20, 0x0b);
  const auto digest = [&](HmacHash hash) {
    std::string text;
    for (const std::uint8_t byte : hmac(hash, key, "Hi There")) {
      constexpr std::string_view kDigits = "0123456789abcdef";
      text += {kDigits[byte >> 4], kDigits[byte & 0xf]};
    }
    return text;
  };
  EXPECT_EQ(digest(HmacHash::kSha256),
            "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7");
  EXPECT_EQ(digest(HmacHash::kSha384),
            "afd03944d84895626b0825f4ab46907f15f9dadbe4101ec682aa034c7cebc59c"
            "faea9ea9076ede7f4af152e8b2fa9cb6");
  EXPECT_EQ(digest(HmacHash::kSha512),
            "87aa7cdea5ef619d4ff0b4241a1d6cb02379f4e2ce4ec2787ad0b30545e17cde"
            "daa833b7d6b8a702038b274eaea3f4e4be9d914eeb61f1702e696c203a126854");
}

TEST(SameSecret, IsOneOfTheSameBytes) {
  const std::vector<std::uint8_t> one{1, 2, 3};
  EXPECT_TRUE(are_same_secret(one, std::vector<std::uint8_t>{1, 2, 3}));
  EXPECT_FALSE(are_same_secret(one, std::vector<std::uint8_t>{1, 2, 4}));
  EXPECT_FALSE(are_same_secret(one, std::vector<std::uint8_t>{1, 2}));
}

}  // namespace
}  // namespace acme
